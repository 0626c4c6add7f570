/**
 * Checks that a tag may be released, and writes what the release says of it to `build/release/notes.md`: `node scripts/release.ts v1.2.3`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What a tag is checked against. */
export interface ReleaseSources {
  /** As pushed, e.g. `v1.2.3`. */
  readonly tag: string
  /** The text of `package.json`. */
  readonly manifest: string
  /** The text of `package-lock.json`. */
  readonly lockFile: string
  /** The text of `src/http/user-agent.ts`, which tells every service the version. */
  readonly userAgent: string
  /** The text of `CHANGELOG.md`. */
  readonly changelog: string
  /** Where the files of the tag can be read, without a slash at the end: relative links of the notes lead there. */
  readonly blobUrl: string
}

/** A tag that may be released. */
export interface Release {
  readonly version: string
  /** The tag that moves with the newest release, e.g. `v1`; not with a prerelease. */
  readonly major: string
  readonly prerelease: boolean
  /** Markdown, from the changelog. */
  readonly notes: string
}

const TAG = /^v((0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(-[0-9A-Za-z.-]+)?)$/

/**
 * Compares a tag with the versions that the repository states.
 * @throws Error that names everything that does not fit
 */
export function checkRelease({
  tag,
  manifest,
  lockFile,
  userAgent,
  changelog,
  blobUrl
}: ReleaseSources): Release {
  const [, version, major, suffix] = TAG.exec(tag) ?? []
  if (version === undefined || major === undefined) throw new Error(`${tag} is no version such as v1.2.3`)
  const notes = findNotes(changelog, version)
  const problems = [
    ...compare('package.json', versionOf(manifest), version),
    ...compare('package-lock.json', versionOf(lockFile), version),
    ...compare('src/http/user-agent.ts', /'rotate-action\/([^']+)'/.exec(userAgent)?.[1], version),
    ...(notes === undefined ? [`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD"`] : []),
    ...(notes === '' ? [`CHANGELOG.md says nothing about ${version}`] : [])
  ]
  if (problems.length > 0) throw new Error([`${tag} can't be released:`, ...problems].join('\n  '))
  return {
    version,
    major: `v${major}`,
    prerelease: suffix !== undefined,
    notes: `${absoluteLinks(notes ?? '', blobUrl)}\n`
  }
}

function versionOf(json: string): string | undefined {
  return (JSON.parse(json) as { version?: string }).version
}

function compare(file: string, found: string | undefined, wanted: string): readonly string[] {
  return found === wanted ? [] : [`${file} says ${found ?? 'nothing'}, not ${wanted}`]
}

/** The section of a version, without its heading; undefined when there is none with a date. */
function findNotes(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^(?=## )/m)
  const section = sections.find((text) => {
    const [heading = ''] = text.split('\n')
    return heading.startsWith(`## [${version}] - `) && /\d{4}-\d\d-\d\d$/.test(heading)
  })
  return section?.replace(/^.*\n/, '').trim()
}

/** A release shows its notes outside of the repository's tree, where a relative link leads nowhere. */
function absoluteLinks(markdown: string, blobUrl: string): string {
  return markdown.replace(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, `](${blobUrl}/$1)`)
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..')
  const read = (file: string): string => readFileSync(join(root, file), 'utf8')
  const tag = process.argv[2] ?? ''
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env
  try {
    const release = checkRelease({
      tag,
      manifest: read('package.json'),
      lockFile: read('package-lock.json'),
      userAgent: read('src/http/user-agent.ts'),
      changelog: read('CHANGELOG.md'),
      blobUrl: `${server ?? 'https://github.com'}/${repository ?? 'org/rotate-action'}/blob/${tag}`
    })
    const notes = join(root, 'build/release/notes.md')
    mkdirSync(dirname(notes), { recursive: true })
    writeFileSync(notes, release.notes)
    console.log(`${tag} can be released${release.prerelease ? ' as a prerelease' : ''}`)
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : String(thrown))
    process.exitCode = 1
  }
}
