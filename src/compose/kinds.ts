/** The registry of kinds: one line for each. Their order is the one in which messages, editors and the documentation name them. */
import type { AlertKind } from '../alerts/alert.ts'
import { emailKind } from '../alerts/email-kind.ts'
import { issueKind } from '../alerts/issue-kind.ts'
import { noAlertKind } from '../alerts/none-kind.ts'
import { webhookKind } from '../alerts/webhook-kind.ts'
import { accessServiceTokenKind } from '../credentials/access-service-token-kind.ts'
import { accountTokenKind } from '../credentials/account-token-kind.ts'
import { userTokenKind } from '../credentials/user-token-kind.ts'
import { commandKind } from '../destinations/command-kind.ts'
import { githubSecretKind } from '../destinations/github-secret-kind.ts'
import { pagesSecretKind } from '../destinations/pages-secret-kind.ts'
import { secretsStoreKind } from '../destinations/secrets-store-kind.ts'
import { workerSecretKind } from '../destinations/worker-secret-kind.ts'
import type {
  CredentialConfiguration,
  DestinationConfiguration,
  GateConfiguration,
  LockConfiguration,
  ProbeConfiguration,
  TypedConfiguration
} from '../kernel/kinds.ts'
import { d1Kind } from '../locks/d1-kind.ts'
import { durableObjectKind } from '../locks/durable-object-kind.ts'
import { kvKind } from '../locks/kv-kind.ts'
import { noLockKind } from '../locks/none-kind.ts'
import { canKind } from '../probes/can-kind.ts'
import { httpKind } from '../probes/http-kind.ts'
import { runKind } from '../probes/run-kind.ts'
import { s3Kind } from '../probes/s3-kind.ts'
import { httpGateKind } from '../rollouts/http-kind.ts'
import { runGateKind } from '../rollouts/run-kind.ts'
import { workflowGateKind } from '../rollouts/workflow-kind.ts'
import type {
  CredentialKind,
  DestinationKind,
  GateKind,
  LockKind,
  ProbeKind
} from '../rotation/model/kinds.ts'
import type { RunServices } from './services.ts'

/** Every kind, by what it is a kind of. */
export interface KindRegistry {
  readonly credentials: readonly CredentialKind<CredentialConfiguration, RunServices>[]
  readonly destinations: readonly DestinationKind<DestinationConfiguration, RunServices>[]
  readonly probes: readonly ProbeKind<ProbeConfiguration, RunServices>[]
  readonly gates: readonly GateKind<GateConfiguration, RunServices>[]
  readonly locks: readonly LockKind<LockConfiguration, RunServices>[]
  readonly alerts: readonly AlertKind<TypedConfiguration, RunServices>[]
}

export const kinds: KindRegistry = {
  credentials: [accountTokenKind, userTokenKind, accessServiceTokenKind],
  destinations: [secretsStoreKind, githubSecretKind, workerSecretKind, pagesSecretKind, commandKind],
  probes: [canKind, httpKind, s3Kind, runKind],
  gates: [workflowGateKind, httpGateKind, runGateKind],
  locks: [kvKind, d1Kind, durableObjectKind, noLockKind],
  alerts: [issueKind, emailKind, webhookKind, noAlertKind]
}
