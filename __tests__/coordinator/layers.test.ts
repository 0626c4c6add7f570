import { posix } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { listFiles, read } from '../contract/repository.ts'

/** What a folder of the coordinator may import in addition to itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  config: ['env.ts', 'github', 'src'],
  rules: ['config', 'src'],
  github: ['config', 'rules', 'http'],
  alerts: ['config', 'env.ts', 'rules'],
  status: ['config', 'rules'],
  clock: ['alerts', 'config', 'env.ts', 'github', 'rotation-lock.ts', 'rules', 'status'],
  http: ['clock', 'config', 'env.ts', 'lock-request.ts', 'status', 'src']
}
/** Effects that the rules must not have: a simulation runs them on its own time. */
const EFFECTS = /\b(Date\.now|new Date\(\)|Math\.random|fetch\(|crypto\.|console\.|setTimeout)/

const files = listFiles(/^coordinator\/src\/.*\.ts$/)
const layerOf = (path: string): string => path.replace(/^coordinator\/src\//, '').split('/')[0]!

function importsOf(file: string): readonly string[] {
  return [...read(file).matchAll(/^(?:import|export)\b[^'"]*?from '(\.[^']+)'/gm)]
    .map(([, specifier]) => posix.join(posix.dirname(file), specifier!))
    .map((path) => (path.startsWith('src/') ? 'src' : layerOf(path)))
}

describe('layers of the coordinator', () => {
  it('lists every folder', () => {
    const folders = files.map(layerOf).filter((layer) => !layer.endsWith('.ts'))
    expect([...new Set(folders)].sort()).toEqual(Object.keys(ARROWS).sort())
  })

  it.each(files.filter((file) => layerOf(file) in ARROWS))(
    'allows %s to import only what its folder may',
    (file) => {
      const own = layerOf(file)
      expect(importsOf(file).filter((layer) => layer !== own && !ARROWS[own]!.includes(layer))).toEqual([])
    }
  )

  it.each(files.filter((file) => layerOf(file) === 'rules'))('allows %s no effects', (file) => {
    expect(EFFECTS.exec(read(file))?.[0]).toBeUndefined()
  })
})
