import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { renderMarkdown, renderPage } from '../../screenshots/page.ts'
import { playScenes, type Scene } from '../../screenshots/scenes.ts'
import { listFiles, read, root } from '../contract/repository.ts'

let scenes: readonly Scene[] = []

beforeAll(async () => {
  scenes = await playScenes()
})

function bodyOf(name: string): string {
  return scenes.find((scene) => scene.name === name)?.body ?? ''
}

/** The HTML of a scene without its code blocks. */
function htmlOf({ kind, body }: Scene): string {
  return (kind === 'mail' || kind === 'page' ? body : renderMarkdown(body)).replace(
    /<pre>[\s\S]*?<\/pre>|<code[\s\S]*?<\/code>/g,
    ''
  )
}

describe('screenshot scenes', () => {
  it('contains a summary of every command, an issue, a mail and the status page', () => {
    expect(new Set(scenes.map(({ kind }) => kind))).toEqual(new Set(['summary', 'issue', 'mail', 'page']))
    expect(scenes.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'summary',
        'summary-failed',
        'plan',
        'check',
        'contain',
        'issue',
        'mail',
        'status'
      ])
    )
  })

  it('renders all Markdown of summaries, issues and mails', () => {
    for (const scene of scenes) {
      const text = htmlOf(scene).replace(/<[^>]+>/g, ' ')
      expect({ scene: scene.name, raw: /\*\*|\|\s*-{3}|^#{1,6} |\[!\w+\]|]\(http/m.exec(text)?.[0] }).toEqual(
        {
          scene: scene.name,
          raw: undefined
        }
      )
    }
  })

  it('shows no undefined, null or other raw value in a page', () => {
    for (const scene of scenes) {
      expect({
        scene: scene.name,
        found: /\bundefined\b|\bnull\b|\[object|\bNaN\b/.exec(htmlOf(scene))?.[0]
      }).toEqual({
        scene: scene.name,
        found: undefined
      })
    }
  })

  it('renders table rows with as many cells as their header', () => {
    for (const scene of scenes) {
      for (const [table] of htmlOf(scene).matchAll(/<table[\s\S]*?<\/table>/g)) {
        const lengths = [...table.matchAll(/<tr[\s\S]*?<\/tr>/g)].map(
          ([row]) => [...row.matchAll(/<t[hd][ >]/g)].length
        )
        expect({ scene: scene.name, lengths: new Set(lengths).size }).toEqual({
          scene: scene.name,
          lengths: 1
        })
        expect(lengths.length).toBeGreaterThan(1)
      }
    }
  })

  it('shows a chart of the steps, and a caution about what failed', () => {
    const pageOf = (name: string): string => renderPage(scenes.find((scene) => scene.name === name)!)
    expect(pageOf('summary')).toMatch(/<pre class="mermaid">gantt/)
    expect(pageOf('summary-failed')).toContain('markdown-alert-caution')
    expect(pageOf('contain')).toContain('it remained valid for')
  })

  it('shows ids by their last six characters, and whole ids only in the details', () => {
    for (const { name, kind, body } of scenes.filter((scene) => scene.kind !== 'mail')) {
      const tables = [...htmlOf({ name, kind, title: '', body }).matchAll(/<table[\s\S]*?<\/table>/g)]
      expect({ name, ids: /[0-9a-f]{32}|[0-9a-f-]{36}/.exec(tables.join(''))?.[0] }).toEqual({ name })
    }
    const [page = '', details = ''] = bodyOf('summary').split('<details>')
    expect(page).not.toMatch(/[0-9a-f]{32}/)
    expect(details).toMatch(/PRIMARY: `[0-9a-f]{32}`/)
  })

  it('shows times that do not break across lines', () => {
    for (const { name, kind, body } of scenes.filter(
      (scene) => scene.kind !== 'mail' && scene.kind !== 'page'
    )) {
      const [page = ''] = body.split('<details>')
      expect({ name, kind, time: /\d\d:\d\d UTC/.exec(page)?.[0] }).toEqual({ name, kind })
    }
    expect(bodyOf('summary')).toMatch(/\d{4}\u2011\d\d\u2011\d\d\u00a0\d\d:\d\d\u00a0UTC/)
  })

  it('loads nothing from other servers into a page', () => {
    for (const scene of scenes) expect(htmlOf(scene)).not.toMatch(/<(img|script|link|iframe)\b|url\(/)
  })

  it('finds a file for every picture that the documents show', () => {
    const shown = listFiles(/\.md$/).flatMap((file) =>
      [...read(file).matchAll(/\[[^\]]*\]\(([^)]*pictures\/[^)]+)\)/g)].map(([, path]) =>
        join(root, file, '..', path!)
      )
    )
    expect(shown.length).toBeGreaterThan(3)
    expect(shown.filter((path) => !existsSync(path))).toEqual([])
  })
})
