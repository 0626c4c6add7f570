/** A GitHub repository as the API takes it. */
export type RepositoryName = Readonly<{ owner: string; repo: string }>

/** Splits `owner/name`; what is missing is an empty text. */
export function parseRepository(repository: string): RepositoryName {
  const [owner = '', repo = ''] = repository.split('/')
  return { owner, repo }
}

/** Compares names of owners or repositories as GitHub does, without regard to case. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
