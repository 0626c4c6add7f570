import * as v from 'valibot'
import { parseAnswer } from '../http/parse-answer.ts'
import { parseRepository } from '../kernel/repository.ts'
import type { GitHubClient } from './client.ts'
import { environmentScope, repositoryScope, type SecretScope } from './secret-scope.ts'
import { PAGE_SIZE } from './limits.ts'

const environmentsSchema = v.looseObject({
  environments: v.optional(v.array(v.looseObject({ name: v.string() })), [])
})

/**
 * The scopes whose secrets take precedence in a workflow: over an organization's, those of the repository and its environments; over a
 * repository's, those of its environments.
 * @param repository `owner/name`, whose workflows get the narrower secret
 */
export async function readNarrowerScopes(
  client: GitHubClient,
  { of, repository }: { readonly of: 'organization' | 'repository'; readonly repository: string }
): Promise<readonly SecretScope[]> {
  const { owner, repo } = parseRepository(repository)
  const { data } = await client.call((rest) =>
    rest.repos.getAllEnvironments({ owner, repo, per_page: PAGE_SIZE })
  )
  const { environments } = parseAnswer(environmentsSchema, data, 'listing environments')
  const narrower = environments.map(({ name }) => environmentScope(client, repository, name))
  return of === 'organization' ? [repositoryScope(client, repository), ...narrower] : narrower
}
