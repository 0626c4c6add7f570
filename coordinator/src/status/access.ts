import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { AccessSettings } from '../config/configuration.ts'

/** Longest assertion that is looked at, in characters. */
const LONGEST = 16_384

const keysOfTeams = new Map<string, ReturnType<typeof createRemoteJWKSet>>()

/** Whether an assertion of Access is signed by the team's keys, for this application, and has not expired. */
export async function isAdmitted(assertion: string, { team, audience }: AccessSettings): Promise<boolean> {
  if (assertion.length > LONGEST) return false
  const keys = keysOfTeams.get(team) ?? createRemoteJWKSet(new URL(`${team}/cdn-cgi/access/certs`))
  keysOfTeams.set(team, keys)
  try {
    await jwtVerify(assertion, keys, {
      issuer: team,
      audience,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat']
    })
    return true
  } catch (thrown) {
    console.warn(JSON.stringify({ refused: 'access', code: (thrown as { code?: string }).code ?? 'unknown' }))
    return false
  }
}
