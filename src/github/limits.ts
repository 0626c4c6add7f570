/** Secrets that a repository or an environment may have. */
export const MAX_REPOSITORY_SECRETS = 100

/** Secrets that an organization may have. */
export const MAX_ORGANIZATION_SECRETS = 1_000

/** The largest page that GitHub's lists accept. */
export const PAGE_SIZE = 100
