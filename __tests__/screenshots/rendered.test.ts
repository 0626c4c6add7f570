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

/** The HTML without what is shown as it is. */
function htmlOf({ kind, body }: Scene): string {
  return (kind === 'mail' ? body : renderMarkdown(body)).replace(
    /<pre>[\s\S]*?<\/pre>|<code[\s\S]*?<\/code>/g,
    ''
  )
}

describe('what people look at', () => {
  it('is a summary, an issue and a mail, of every command', () => {
    expect(new Set(scenes.map(({ kind }) => kind))).toEqual(new Set(['summary', 'issue', 'mail']))
    expect(scenes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['summary', 'summary-failed', 'plan', 'check', 'exposure', 'issue', 'mail'])
    )
  })

  it('shows no Markdown that was meant to be markup', () => {
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

  it('says nothing that only a program would say', () => {
    for (const scene of scenes) {
      expect({
        scene: scene.name,
        said: /\bundefined\b|\bnull\b|\[object|\bNaN\b/.exec(htmlOf(scene))?.[0]
      }).toEqual({
        scene: scene.name,
        said: undefined
      })
    }
  })

  it('has tables whose rows are as long as their heads', () => {
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

  it('draws the steps of a rotation, and says in a caution what failed', () => {
    const pageOf = (name: string): string => renderPage(scenes.find((scene) => scene.name === name)!)
    expect(pageOf('summary')).toMatch(/<pre class="mermaid">gantt/)
    expect(pageOf('summary-failed')).toContain('markdown-alert-caution')
    expect(pageOf('exposure')).toContain('it lived on for')
  })

  it('loads nothing from elsewhere', () => {
    for (const scene of scenes) expect(htmlOf(scene)).not.toMatch(/<(img|script|link|iframe)\b|url\(/)
  })

  it('has the pictures that the documents show', () => {
    const shown = listFiles(/\.md$/).flatMap((file) =>
      [...read(file).matchAll(/!\[[^\]]*\]\(([^)]*pictures\/[^)]+)\)/g)].map(([, path]) =>
        join(root, file, '..', path!)
      )
    )
    expect(shown.length).toBeGreaterThan(3)
    expect(shown.filter((path) => !existsSync(path))).toEqual([])
  })
})
