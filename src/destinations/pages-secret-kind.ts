import * as v from 'valibot'
import { readPagesProject } from '../cloudflare/pages-projects.ts'
import { callWith, type CloudflareServices } from '../cloudflare/services.ts'
import { described, matching, names } from '../kernel/fields.ts'
import type { DestinationKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { PagesSecret, TAG_PREFIX } from './pages-secret.ts'
import { WriteQueue } from './write-queue.ts'

const environment = v.picklist(['production', 'preview'], 'must be production or preview')

const schema = v.strictObject({
  type: v.literal('pages-secret'),
  project: described(
    matching(/^[a-z0-9][a-z0-9-]{0,57}$/, 'the name of a Pages project: a-z, 0-9 and -'),
    'The Pages project, by its name.'
  ),
  environments: described(
    v.optional(
      v.pipe(
        v.array(environment, 'must be a list of environments'),
        v.minLength(1, 'must hold at least one environment'),
        v.check((list) => new Set(list).size === list.length, 'must not hold an environment twice')
      ),
      ['production']
    ),
    'Environments of the project.'
  ),
  names
})

/** Secrets of a Pages project. */
export const pagesSecretKind: DestinationKind<
  v.InferOutput<typeof schema>,
  DriverServices & CloudflareServices
> = {
  type: 'pages-secret',
  schema,
  permissions: () => [{ role: 'workers', permission: 'Pages Write' }],
  places: ({ project, environments }) => environments.map((one) => `${project}/${one}`),
  findNameProblem,
  create: ({ project, environments }, services, { home, namesOf }) => {
    const { clock, readOnce, run, shared } = services
    const read = () => readPagesProject(callWith(services, 'workers'), project)
    const state = () => readOnce(`Pages project ${project}`, read)
    const queue = shared(`writes of Pages project ${project}`, () => new WriteQueue())
    const account = services.account('workers')
    const parts = { account, project, home, namesOf, state, queue, clock, runId: run.runId }
    return environments.map((one) => new PagesSecret({ ...parts, environment: one }))
  }
}

function findNameProblem(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return `must be the name of a variable: A-Z, a-z, 0-9 and _, not beginning with a digit, not "${name}"`
  return name.startsWith(TAG_PREFIX)
    ? `must not begin with ${TAG_PREFIX}, which marks what a secret holds, not "${name}"`
    : undefined
}
