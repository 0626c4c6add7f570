import { API_CODES } from '../../cloudflare/errors/error-codes.ts'
import type { WorkerState } from '../../cloudflare/workers.ts'
import { RotationError } from '../../kernel/error.ts'

/** Error of a Worker whose secrets cannot be written without changing which version serves traffic; undefined where they can. */
export function findUndeployed(
  script: string,
  { versions, deployments }: WorkerState
): RotationError | undefined {
  const [newest] = versions
  const [current = []] = deployments
  if (newest === undefined || current.length === 0) {
    return new RotationError(
      'bad-input',
      `The Worker ${script} is not deployed, so its secrets cannot be written.`,
      { hint: 'Deploy the Worker, then run again.' }
    )
  }
  if (current.length === 1 && current[0] === newest.id) return undefined
  return new RotationError(
    'bad-input',
    `The newest version of the Worker ${script}, ${newest.id}, is not the only deployed one: new secrets would put it live.`,
    {
      hint: 'Deploy the newest version to 100 %, or upload the deployed code again and deploy it, then run again.'
    }
  )
}

/** The same error, with what it means for a Worker and the one thing to do. */
export function explainWorkerError(error: RotationError, script: string): RotationError {
  const apiCode = error.call?.apiCode
  if (error.code === 'not-found') {
    return error.with({
      hint: `Check destinations[].script (${script}): the account has no such Worker. Deploy it before its first rotation.`
    })
  }
  if (apiCode === API_CODES.notDeployed || apiCode === API_CODES.settingsNotDeployed) {
    return error.with({
      message: `The newest version of the Worker ${script} is not deployed, so Cloudflare does not change its secrets. ${error.message}`,
      hint: 'Deploy the newest version, then run again.'
    })
  }
  if (apiCode === API_CODES.bindingTaken) {
    return error.with({
      hint: 'The Worker has a variable or another binding of that name: remove it, or choose another name with `names`.'
    })
  }
  return error
}
