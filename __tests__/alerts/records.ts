import type {
  CredentialRecord,
  FailureRecord,
  RotationRecord,
  RunRecord
} from '../../src/rotation/record/schema.ts'

/** Text as it stands in Markdown where no line may break in it. */
export function unbreakable(text: string): string {
  return text.replaceAll(' ', '\u00a0').replaceAll('-', '\u2011')
}

/** A run at midnight that took twenty seconds and whose one rotation was rolled back, with what a test says differently. */
export function failingRun(change: Partial<RunRecord> = {}): RunRecord {
  return {
    version: 1,
    command: 'rotate',
    outcome: 'rolled-back',
    run: {
      id: '4711',
      attempt: 2,
      url: 'https://github.com/octo-org/ops/actions/runs/4711',
      repository: 'octo-org/ops',
      workflow: 'octo-org/ops/.github/workflows/rotate.yml',
      event: 'schedule',
      actor: 'octocat',
      triggeringActor: 'octocat',
      reason: 'scheduled'
    },
    startedAt: '2026-01-02T00:00:00Z',
    endedAt: '2026-01-02T00:00:20Z',
    rotations: [rotation()],
    warnings: [],
    findings: [],
    error: null,
    truncated: false,
    ...change
  }
}

/** A run that could not begin. */
export function wholeRunFailure(change: Partial<FailureRecord> = {}): RunRecord {
  return failingRun({
    outcome: 'failed',
    rotations: [],
    error: { code: 'missing-value', message: '$X is not set.', hint: 'Set it.', call: null, ...change }
  })
}

/** A rotation of two credentials that was rolled back since Cloudflare refused a call, with both slots working for a day and more. */
export function rotation(change: Partial<RotationRecord> = {}): RotationRecord {
  return {
    name: 'bootstrap',
    outcome: 'rolled-back',
    reason: [],
    nextDue: null,
    safeUntil: '2026-01-03T04:00:00Z',
    credentials: [credential(), credential({ name: 'secret-edit' })],
    destinations: [],
    steps: [
      {
        name: 'acquire',
        startedAt: '2026-01-02T00:00:00Z',
        endedAt: '2026-01-02T00:00:01Z',
        status: 'ok'
      }
    ],
    rollout: [],
    undone: [],
    left: [],
    warnings: [],
    error: {
      code: 'permission',
      message: 'no new credential could be created: it was refused.',
      hint: 'Give the token the permission.',
      call: { method: 'POST', path: '/client/v4/accounts/0/tokens', status: 403, apiCode: 10000 }
    },
    ...change
  } as RotationRecord
}

/** A credential whose two slots work. */
export function credential(change: Partial<CredentialRecord> = {}): CredentialRecord {
  return {
    name: 'token-creation',
    type: 'account-token',
    old: null,
    new: null,
    slots: {
      primary: { id: '7e05fd3c791a48438132d2cc2', state: 'working', expiresAt: '2026-01-03T04:00:00Z' },
      secondary: {
        id: '06f4b4b7a821dbecf170e71ff5ff5b8',
        state: 'working',
        expiresAt: '2026-01-02T20:00:00Z'
      }
    },
    probes: [],
    revoked: [],
    kept: [],
    ...change
  }
}

/** A credential with no slot that works. */
export function deadCredential(change: Partial<CredentialRecord> = {}): CredentialRecord {
  return credential({
    slots: {
      primary: { id: '7e05fd3c791a48438132d2cc2', state: 'refused', expiresAt: null },
      secondary: { id: null, state: 'missing', expiresAt: null }
    },
    ...change
  })
}
