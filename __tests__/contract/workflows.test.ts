import { describe, it, expect } from '@jest/globals'
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from '@actions/workflow-parser'
import { parse } from 'yaml'
import { listFiles, listWorkflows, read } from './repository.ts'

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly run?: string
}

interface Job {
  readonly steps?: readonly Step[]
  readonly uses?: string
  readonly permissions?: unknown
  readonly concurrency?: { readonly group?: string; readonly 'cancel-in-progress'?: boolean }
  readonly 'timeout-minutes'?: number
  readonly environment?: unknown
}

interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const workflows = listWorkflows()
/** This action. In the documents and here, `org` stands for its owner. */
const OURS = /^org\/rotate-action(\/\.github\/workflows\/rotate\.yml)?@v1$/
/** A workflow of the same repository, in the same commit. */
const LOCAL = /^\.\/\.github\/workflows\/[\w-]+\.yml$/
const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/

function jobsOf(text: string): readonly Job[] {
  return Object.values((parse(text) as Workflow).jobs)
}

function usesOf(text: string): readonly string[] {
  return jobsOf(text).flatMap(({ uses, steps = [] }) =>
    [uses, ...steps.map((step) => step.uses)].filter((one) => one !== undefined)
  )
}

describe('list of workflows', () => {
  it('contains the workflows of the repository, the examples and the documents', () => {
    const names = workflows.map(({ name }) => name.replace(/:\d+$/, ''))
    expect(names).toEqual(
      expect.arrayContaining([
        '.github/workflows/ci.yml',
        '.github/workflows/release.yml',
        '.github/workflows/rotate.yml',
        'examples/access/rotate.yml',
        'examples/bootstrap/rotate.yml',
        'examples/check/check.yml',
        'examples/plan/plan.yml',
        'README.md',
        'examples/README.md'
      ])
    )
  })
})

describe.each(workflows)('$name', ({ name, text }) => {
  it('is a valid workflow for GitHub', async () => {
    const parsed = parseWorkflow({ name, content: text }, new NoOperationTraceWriter())
    expect(parsed.context.errors.getErrors().map(({ message }) => message)).toEqual([])
    const template = await convertWorkflowTemplate(parsed.context, parsed.value!)
    expect(template.errors ?? []).toEqual([])
  })

  it('pins every action by its full SHA', () => {
    const loose = usesOf(text).filter((uses) => ![PINNED, OURS, LOCAL].some((one) => one.test(uses)))
    expect(loose).toEqual([])
  })

  it('names the version of each pinned action in a comment', () => {
    const silent = text
      .split('\n')
      .filter((line) => /@[0-9a-f]{40}/.test(line) && !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
    expect(silent).toEqual([])
  })

  it('sets no permissions for the workflow, and sets them for each job', () => {
    expect((parse(text) as Workflow).permissions).toEqual({})
    for (const { permissions } of jobsOf(text)) expect(permissions).toBeDefined()
  })

  it('does not persist credentials on checkout', () => {
    const checkouts = jobsOf(text)
      .flatMap(({ steps = [] }) => steps)
      .filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    for (const step of checkouts) expect(step.with?.['persist-credentials']).toBe(false)
  })

  it('uses no expression in a script', () => {
    const scripts = jobsOf(text).flatMap(({ steps = [] }) => steps.map(({ run }) => run ?? ''))
    for (const script of scripts) expect(script).not.toContain('${{')
  })

  it('runs one rotation at a time, in an environment, and never cancels it', () => {
    const rotating = jobsOf(text).filter(({ steps = [] }) => steps.some(({ uses }) => OURS.test(uses ?? '')))
    for (const job of rotating) {
      expect(job.environment).toBeDefined()
      expect(job.concurrency?.group).toMatch(/^rotation/)
      expect(job.concurrency?.['cancel-in-progress']).toBe(false)
      expect(job['timeout-minutes']).toBeLessThanOrEqual(30)
      expect(job.permissions).toEqual({ contents: 'read', issues: 'write', actions: 'read' })
    }
  })
})

describe('all workflows together', () => {
  it('uses the same version of each action in all workflows', () => {
    const versions = new Map<string, Set<string>>()
    const pins = /uses: ([\w./-]+)@([0-9a-f]{40} # v[\d.]+)/g
    for (const { text } of workflows) {
      for (const [, action, version] of text.matchAll(pins)) {
        versions.set(action!, (versions.get(action!) ?? new Set()).add(version!))
      }
    }
    expect(versions.size).toBeGreaterThan(3)
    for (const [action, found] of versions)
      expect({ action, found: [...found] }).toEqual({ action, found: [[...found][0]] })
  })

  it('runs .ci/run in the CI workflow', () => {
    expect(read('.github/workflows/ci.yml')).toContain('run: bash .ci/run')
  })

  it('uploads the whole reliability matrix, also when the simulation finds a violation', () => {
    const { jobs } = parse(read('.github/workflows/ci.yml')) as Workflow
    const [simulate, upload] = jobs['reliability']?.steps?.slice(-2) ?? []
    expect(simulate).toMatchObject({ shell: 'bash' })
    const [, file = ''] =
      /^npm run --silent simulate -- --mode exhaustive --workers 2 \| tee (\S+)$/.exec(simulate?.run ?? '') ??
      []
    expect(upload).toMatchObject({ if: 'always()', with: { name: 'reliability-matrix', path: file } })
    expect(upload?.uses).toMatch(/^actions\/upload-artifact@/)
    expect(read('docs/reliability.md')).toContain('`reliability-matrix`')
  })

  it('passes the action only inputs that it declares', () => {
    const { inputs } = parse(read('action.yml')) as { inputs: Record<string, unknown> }
    const steps = workflows.flatMap(({ text }) => jobsOf(text).flatMap((job) => job.steps ?? []))
    const given = steps
      .filter(({ uses }) => OURS.test(uses ?? ''))
      .flatMap((step) => Object.keys(step.with ?? {}))
    expect(given.length).toBeGreaterThan(0)
    expect(given.filter((name) => !(name in inputs))).toEqual([])
  })

  it('contains only YAML that can be parsed in .github', () => {
    for (const file of listFiles(/^\.github\/.*\.ya?ml$/))
      expect(() => parse(read(file)) as unknown).not.toThrow()
  })
})
