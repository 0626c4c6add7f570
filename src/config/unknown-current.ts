import type { ConfigurationProblem } from './problems.ts'
import { hasSecondary, type PlacedCredential } from './walk.ts'

/** Finds what does not go with `current: unknown`, and what does not go without it. */
export function findBadCurrents(credentials: readonly PlacedCredential[]): readonly ConfigurationProblem[] {
  return [...credentials.flatMap(findBadCurrent), ...findRepeatedAdoptions(credentials)]
}

function findBadCurrent({ rotation, credential, path }: PlacedCredential): readonly ConfigurationProblem[] {
  if (credential.current !== 'unknown') {
    if (credential.adopt === undefined) return []
    const message = 'needs `current: unknown`: otherwise the value in PRIMARY tells which token is in use'
    return [{ path: `${path}.adopt`, message }]
  }
  const at = `${path}.current`
  const given = rotation.credentials.find(({ current }) => current !== 'unknown')
  return [
    ...(hasSecondary(credential)
      ? [
          {
            path: at,
            message:
              'must not be unknown where there is a secondary: SECONDARY is filled from the value of PRIMARY, which the run would not have'
          }
        ]
      : []),
    ...(given === undefined
      ? []
      : [
          {
            path: at,
            message: `must not be unknown while the run is given the value of ${given.name}: they are promoted together, and only values that are known can be restored. Put it in a rotation of its own`
          }
        ])
  ]
}

function findRepeatedAdoptions(credentials: readonly PlacedCredential[]): readonly ConfigurationProblem[] {
  const first = new Map<string, string>()
  return credentials.flatMap(({ credential: { adopt }, path }) => {
    if (adopt === undefined) return []
    const other = first.get(adopt)
    if (other === undefined) {
      first.set(adopt, path)
      return []
    }
    return [
      { path: `${path}.adopt`, message: `must not be that of ${other} too: it is replaced by one of them` }
    ]
  })
}
