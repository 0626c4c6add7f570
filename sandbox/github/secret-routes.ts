import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import { onOrganization, onRepository, page, readJson, type GithubEnv } from './access.ts'
import { invalidField, notFound } from './github-error.ts'
import { presentRepository } from './presentation.ts'
import { secretApps, type SecretApp } from './repository.ts'
import type { GithubSecret, SecretVault } from './secret-vault.ts'
import type { Permissions } from './state.ts'

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/
const sealed = { encrypted_value: v.pipe(v.string(), v.regex(base64)), key_id: v.string() }
const sealedBody = v.object(sealed)
const repositoryIds = v.array(v.pipe(v.union([v.number(), v.string()]), v.transform(Number)))
const organizationBody = v.object({
  ...sealed,
  visibility: v.picklist(['all', 'private', 'selected']),
  selected_repository_ids: v.exactOptional(repositoryIds)
})

const repositoryPermission: Record<SecretApp, string> = {
  actions: 'secrets',
  dependabot: 'dependabot_secrets',
  codespaces: 'codespaces_secrets'
}
const organizationPermission: Record<SecretApp, string> = {
  actions: 'organization_secrets',
  dependabot: 'organization_dependabot_secrets',
  codespaces: 'organization_codespaces_secrets'
}

/** Secrets of repositories, environments and organizations, for Actions, Dependabot and Codespaces. */
export function routeSecrets(app: Hono<GithubEnv>): void {
  for (const part of secretApps) {
    routeVault(app, {
      root: `/repos/:owner/:repo/${part}/secrets`,
      permissions: (level) => ({ [repositoryPermission[part]]: level }),
      vault: (c) => c.get('repository').secrets[part]
    })
    routeOrganization(app, part)
  }
  routeVault(app, {
    root: '/repos/:owner/:repo/environments/:environment_name/secrets',
    permissions: (level) => ({ secrets: level, environments: level }),
    vault: (c) => c.get('repository').environment(c.req.param('environment_name') ?? '')
  })
}

interface VaultRoutes {
  readonly root: string
  readonly permissions: (level: 'read' | 'write') => Permissions
  readonly vault: (c: Context<GithubEnv>) => SecretVault
}

function routeVault(app: Hono<GithubEnv>, { root, permissions, vault }: VaultRoutes): void {
  const reads = onRepository(permissions('read'))
  const writes = onRepository(permissions('write'))

  app.get(root, reads, (c) => {
    const { all } = vault(c)
    return c.json({ total_count: all.length, secrets: page(c, all).map(presentSecret) })
  })
  app.get(`${root}/public-key`, reads, (c) => c.json(vault(c).publicKey))
  app.get(`${root}/:secret_name`, reads, (c) => c.json(presentSecret(getSecret(c, vault(c)))))
  app.put(`${root}/:secret_name`, writes, async (c) => {
    const target = vault(c)
    const body = readJson(c, sealedBody)
    const isNew = await target.putSealed(secretName(c), {
      encryptedValue: body.encrypted_value,
      keyId: body.key_id
    })
    return isNew ? c.json({}, 201) : c.body(null, 204)
  })
  app.delete(`${root}/:secret_name`, writes, (c) => {
    if (!vault(c).delete(secretName(c))) throw notFound()
    return c.body(null, 204)
  })
}

function routeOrganization(app: Hono<GithubEnv>, part: SecretApp): void {
  const root = `/orgs/:org/${part}/secrets`
  const reads = onOrganization({ [organizationPermission[part]]: 'read' })
  const writes = onOrganization({ [organizationPermission[part]]: 'write' })
  const vault = (c: Context<GithubEnv>): SecretVault => c.get('organization').secrets[part]
  const present = (c: Context<GithubEnv>, secret: GithubSecret): unknown => {
    const shown = { ...presentSecret(secret), visibility: secret.visibility ?? 'private' }
    if (secret.visibility !== 'selected') return shown
    const url = new URL(c.req.url)
    const mount = url.pathname.slice(0, url.pathname.indexOf('/orgs/'))
    const path = `/orgs/${c.get('organization').login}/${part}/secrets/${secret.name}/repositories`
    return { ...shown, selected_repositories_url: url.origin + mount + path }
  }

  app.get(root, reads, (c) => {
    const { all } = vault(c)
    return c.json({ total_count: all.length, secrets: page(c, all).map((secret) => present(c, secret)) })
  })
  app.get(`${root}/public-key`, reads, (c) => c.json(vault(c).publicKey))
  app.get(`${root}/:secret_name`, reads, (c) => c.json(present(c, getSecret(c, vault(c)))))
  app.put(`${root}/:secret_name`, writes, async (c) => {
    const body = readJson(c, organizationBody)
    if (body.selected_repository_ids !== undefined && body.visibility !== 'selected') {
      throw invalidField('Secret', 'selected_repository_ids')
    }
    const isNew = await vault(c).putSealed(secretName(c), {
      encryptedValue: body.encrypted_value,
      keyId: body.key_id,
      visibility: body.visibility,
      selectedRepositoryIds: body.selected_repository_ids ?? []
    })
    return isNew ? c.json({}, 201) : c.body(null, 204)
  })
  app.delete(`${root}/:secret_name`, writes, (c) => {
    if (!vault(c).delete(secretName(c))) throw notFound()
    return c.body(null, 204)
  })
  app.get(`${root}/:secret_name/repositories`, reads, (c) => {
    const secret = getSecret(c, vault(c))
    if (secret.visibility !== 'selected') throw notFound()
    const selected = c.env.github.repositories.filter(({ id }) => secret.selectedRepositoryIds.includes(id))
    return c.json({ total_count: selected.length, repositories: page(c, selected).map(presentRepository) })
  })
}

function secretName(c: Context<GithubEnv>): string {
  return c.req.param('secret_name') ?? ''
}

function getSecret(c: Context<GithubEnv>, vault: SecretVault): GithubSecret {
  const secret = vault.find(secretName(c))
  if (secret === undefined) throw notFound()
  return secret
}

function presentSecret(secret: GithubSecret): { name: string; created_at: string; updated_at: string } {
  return {
    name: secret.name,
    created_at: isoSeconds(secret.createdAt),
    updated_at: isoSeconds(secret.updatedAt)
  }
}
