import { formatDuration } from '../kernel/clock.ts'
import { feedsRepository } from './feeds.ts'
import type { Configuration, RotationConfiguration } from './schema.ts'
import { LONGEST_SCHEDULE_GAP_MS } from '../kernel/schedule.ts'

/** What is allowed but likely to hurt, each as a sentence that says where and why. */
export function findWarnings(
  configuration: Configuration,
  { repository, event }: { readonly repository: string; readonly event: string }
): readonly string[] {
  return configuration.rotations.flatMap((rotation, index) => [
    ...lifetimeWarnings(rotation, `rotations[${index}]`, event),
    ...probeWarnings(rotation, `rotations[${index}]`),
    ...feedWarnings(rotation, `rotations[${index}]`, repository)
  ])
}

function lifetimeWarnings(
  { every, credentials }: RotationConfiguration,
  path: string,
  event: string
): readonly string[] {
  return credentials.flatMap((credential, index) => {
    if (credential.type !== 'account-token') return []
    const { ttl } = credential
    const at = `${path}.credentials[${index}].ttl`
    if (every !== undefined && ttl < 2 * every) {
      return [
        `${at}: ${formatDuration(ttl)} is less than twice \`every\` (${formatDuration(every)}): one missed rotation would let both slots expire.`
      ]
    }
    if (ttl < LONGEST_SCHEDULE_GAP_MS && event === 'schedule') {
      return [
        `${at}: ${formatDuration(ttl)} is shorter than the gaps that GitHub's cron is known to leave (6.5 h): with a \`schedule\` trigger both ` +
          'slots can expire between two runs. Use at least 24h, or a trigger that is punctual.'
      ]
    }
    return []
  })
}

function probeWarnings({ credentials }: RotationConfiguration, path: string): readonly string[] {
  return credentials.flatMap(({ type, verify }, index) => {
    if (type !== 'access-service-token') return []
    const at = `${path}.credentials[${index}].verify`
    if (verify.length === 0) {
      return [
        `${at}: there is no probe: neither that the new pair works nor that the old one is dead will be proven.`
      ]
    }
    if (!verify.some((probe) => 'http' in probe)) {
      return [
        `${at}: there is no http probe: that the old pair is dead can not be proven, since commands are not run with it.`
      ]
    }
    return []
  })
}

function feedWarnings(
  { destinations }: RotationConfiguration,
  path: string,
  repository: string
): readonly string[] {
  if (destinations.some((destination) => feedsRepository(destination, repository))) return []
  return [
    `${path}.destinations: none of them is a GitHub secret of ${repository} or its organization, so the next run would still be given the old ` +
      'values: a Secrets Store can not be read through the API.'
  ]
}
