import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { checkRelease, type ReleaseSources } from '../../scripts/release.ts'
import { read } from './repository.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly needs?: string | readonly string[]
  readonly if?: string
  readonly permissions: Readonly<Record<string, string>>
  readonly 'timeout-minutes': number
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly on: Readonly<Record<string, { readonly tags?: readonly string[] }>>
  readonly concurrency: Readonly<Record<string, unknown>>
  readonly jobs: Readonly<Record<string, Job>>
}

const workflow = parse(read('.github/workflows/release.yml')) as Workflow
const { jobs } = workflow

/** Jobs that a job waits for, directly or indirectly. */
function prerequisites(name: string): ReadonlySet<string> {
  const direct = [jobs[name]!.needs ?? []].flat()
  return new Set(direct.flatMap((one) => [one, ...prerequisites(one)]))
}

function scriptsOf(name: string): readonly string[] {
  return jobs[name]!.steps.flatMap(({ run }) => run ?? [])
}

/** Paths that a job uploads for other jobs. */
function uploadsOf(name: string): readonly unknown[] {
  return jobs[name]!.steps.flatMap((step) =>
    step.uses?.startsWith('actions/upload-artifact@') === true ? [step.with?.['path']] : []
  )
}

function jobsWith(pattern: RegExp): readonly string[] {
  return Object.keys(jobs).filter((name) =>
    jobs[name]!.steps.some(({ run, uses }) => pattern.test(run ?? uses ?? ''))
  )
}

describe('release workflow', () => {
  it('starts only for a tag that is a version', () => {
    expect(workflow.on).toEqual({ push: { tags: ['v*.*.*'] } })
    expect(workflow.concurrency).toEqual({ group: 'release', 'cancel-in-progress': false })
  })

  it('gives each job only the permissions that it needs', () => {
    const permissions = Object.fromEntries(
      Object.entries(jobs).map(([name, { permissions: given }]) => [name, given])
    )
    expect(permissions).toEqual({
      build: { contents: 'read' },
      attest: { contents: 'read', 'id-token': 'write', attestations: 'write' },
      publish: { contents: 'write' },
      'major-tag': { contents: 'write' }
    })
    for (const { 'timeout-minutes': minutes } of Object.values(jobs)) expect(minutes).toBeLessThanOrEqual(30)
  })

  it('runs code of the repository and of npm only in a job that cannot write', () => {
    expect(
      jobsWith(/\b(node|npx)\b|\bnpm (ci|i|install|run|exec|test)\b|scripts\/|\.ci\/run|setup-node/)
    ).toEqual(['build'])
    // The npm of the runner reads the lock file.
    expect(
      scriptsOf('attest')
        .join('\n')
        .match(/\bnpm .*/g)
    ).toEqual([
      'npm sbom --sbom-format cyclonedx --omit dev --package-lock-only --ignore-scripts > release/sbom.cdx.json'
    ])
    expect(jobsWith(/checkout/)).not.toContain('publish')
  })

  it('attests what it checks out from the tag itself, and nothing from another job', () => {
    const uses = jobs['attest']!.steps.map((step) => step.uses?.replace(/@.*/, ''))
    expect(uses).not.toContain('actions/download-artifact')
    expect(uses[0]).toBe('actions/checkout')
    expect(jobs['attest']!.steps[0]!.with).toEqual({ 'persist-credentials': false, ref: '${{ github.sha }}' })
    const [archive] = scriptsOf('attest')
    expect(archive).toMatch(/^test "\$\(git rev-parse HEAD\)" = "\$GITHUB_SHA"\n/)
    expect(archive).toContain('git archive')
    expect(uploadsOf('build')).toEqual(['build/release/notes.md'])
    expect(uploadsOf('attest')).toEqual(['release/'])
    // The tag alone decides which tag is moved and what is a prerelease.
    expect(read('.github/workflows/release.yml')).not.toMatch(/needs\.\w+\.outputs/)
  })

  it('checks the versions and dist before anything is signed, published or moved', () => {
    const [branch, versions, checks] = scriptsOf('build')
    expect(branch).toContain('git merge-base --is-ancestor "$GITHUB_SHA"')
    expect(versions).toBe('node scripts/release.ts "$GITHUB_REF_NAME"')
    expect(checks).toBe('bash .ci/run')
    expect(read('scripts/check.ts')).toContain("['scripts/build.ts', '--check']")
    expect(prerequisites('attest')).toEqual(new Set(['build']))
    expect(prerequisites('publish')).toEqual(new Set(['build', 'attest']))
    expect(prerequisites('major-tag')).toEqual(new Set(['build', 'attest', 'publish']))
  })

  it('builds the release without a cache', () => {
    const [node] = jobs['build']!.steps.filter(({ uses }) => uses?.startsWith('actions/setup-node@'))
    expect(node?.with).toMatchObject({ 'package-manager-cache': false })
    expect(node?.with).not.toHaveProperty('cache')
  })

  it('attests what it publishes, and every file that runs', () => {
    const attested = jobs['attest']!.steps.filter(({ uses }) => uses?.startsWith('actions/attest@')).map(
      (step) => step.with
    )
    expect(attested).toEqual([
      { 'subject-path': 'release/*.tar.gz\ndist/**\n' },
      { 'subject-path': 'release/*.tar.gz', 'sbom-path': 'release/sbom.cdx.json' }
    ])
    expect(scriptsOf('publish').join()).toContain('release/*.tar.gz release/sbom.cdx.json')
  })

  it('moves the major tag only forwards, with a lease, and not for a prerelease', () => {
    expect(jobs['major-tag']!.if).toBe("${{ !contains(github.ref_name, '-') }}")
    const script = scriptsOf('major-tag').join()
    expect(script).toContain('MAJOR="${GITHUB_REF_NAME%%.*}"')
    expect(script).toContain('git merge-base --is-ancestor "$before" "$GITHUB_SHA"')
    expect(script).toContain('--force-with-lease="refs/tags/$MAJOR:$before"')
    expect(script).not.toMatch(/--force(?!-with-lease)| -f /)
  })

  it('finds its commands and files in SECURITY.md and CONTRIBUTING.md', () => {
    const security = read('SECURITY.md')
    expect(security).toContain('gh attestation verify')
    expect(security).toContain('.github/workflows/release.yml')
    expect(read('CONTRIBUTING.md')).toContain('node scripts/release.ts')
  })
})

const sources: ReleaseSources = {
  tag: 'v1.2.3',
  manifest: '{"version":"1.2.3"}',
  lockFile: '{"version":"1.2.3"}',
  userAgent: "export const USER_AGENT = 'rotate-action/1.2.3'",
  changelog:
    '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n\n### Added\n\n- A [guide](docs/guide.md#top).\n\n## [1.2.2] - 2026-11-01\n\n- Old.\n',
  blobUrl: 'https://github.com/org/rotate-action/blob/v1.2.3'
}

describe('release tag', () => {
  it('releases a tag with its changelog section and absolute links', () => {
    expect(checkRelease(sources)).toEqual({
      version: '1.2.3',
      major: 'v1',
      prerelease: false,
      notes: '### Added\n\n- A [guide](https://github.com/org/rotate-action/blob/v1.2.3/docs/guide.md#top).\n'
    })
  })

  it('marks a tag with a suffix as a prerelease', () => {
    const json = '{"version":"2.0.0-rc.1"}'
    const changelog = '## [2.0.0-rc.1] - 2026-12-01\n\n- See https://example.com and [here](#added).\n'
    expect(
      checkRelease({
        ...sources,
        tag: 'v2.0.0-rc.1',
        manifest: json,
        lockFile: json,
        userAgent: "'rotate-action/2.0.0-rc.1'",
        changelog
      })
    ).toMatchObject({
      major: 'v2',
      prerelease: true,
      notes: '- See https://example.com and [here](#added).\n'
    })
  })

  it.each(['v1', '1.2.3', 'v1.2', 'v01.2.3', 'v1.2.3+x', 'v1.2.3; rm', ''])(
    'refuses the tag "%s", which is not a version',
    (tag) => {
      expect(() => checkRelease({ ...sources, tag })).toThrow('is no version')
    }
  )

  it('refuses a tag with a list of everything that does not match it', () => {
    const changelog = '## [1.2.3]\n\n- No date.\n'
    const manifest = '{"version":"1.2.2"}'
    expect(() => checkRelease({ ...sources, manifest, lockFile: '{}', userAgent: "''", changelog })).toThrow(
      [
        "v1.2.3 can't be released:",
        'package.json says 1.2.2, not 1.2.3',
        'package-lock.json says nothing, not 1.2.3',
        'src/http/user-agent.ts says nothing, not 1.2.3',
        'CHANGELOG.md has no section "## [1.2.3] - YYYY-MM-DD"'
      ].join('\n  ')
    )
    const empty = '## [1.2.3] - 2026-12-01\n\n## [1.2.2] - 2026-11-01\n\n- Old.\n'
    expect(() => checkRelease({ ...sources, changelog: empty })).toThrow('says nothing about 1.2.3')
  })
})
