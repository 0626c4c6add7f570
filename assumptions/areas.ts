import { accessRules } from './access-rules.ts'
import type { Assumption } from './assumption.ts'
import { d1 } from './d1.ts'
import { githubIssues } from './github-issues.ts'
import { githubRuns } from './github-runs.ts'
import { githubSecrets } from './github-secrets.ts'
import { kv } from './kv.ts'
import { permissionGroupNames } from './permission-groups.ts'
import { secretsStore } from './secrets-store.ts'
import { serviceTokens } from './service-tokens.ts'
import { tokens } from './tokens.ts'
import { tokenVerdicts } from './tokens-verify.ts'

/** Every assumption; first those on which it rests what is deleted and what is concluded. */
export const assumptions: readonly Assumption[] = [
  ...tokenVerdicts,
  ...serviceTokens,
  ...accessRules,
  ...tokens,
  ...permissionGroupNames,
  ...secretsStore,
  ...githubSecrets,
  ...kv,
  ...d1,
  ...githubRuns,
  ...githubIssues
]
