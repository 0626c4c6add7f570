import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { alsoAt } from '../../simulation/configurations.ts'
import { Stage } from './stage.ts'

/** Stores what it is given in the file of the variable STORE. */
const PUT = `#!/usr/bin/env node
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const file = process.env.STORE
const stored = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
const { secrets } = JSON.parse(readFileSync(0, 'utf8'))
const open = JSON.stringify([process.argv, process.env])
if (Object.values(secrets).some((value) => open.includes(value))) throw new Error('a secret is in my environment')
writeFileSync(file, JSON.stringify({ ...stored, ...secrets }))
`
const SEE = `#!/usr/bin/env bash
set -euo pipefail
[[ -e $STORE ]] || exit 0
jq -r '.names[]' | while IFS= read -r name; do
  value=$(jq -r --arg name "$name" '.[$name] // empty' "$STORE")
  if [[ -n $value ]]; then echo "$name $(printf '%s=%s' "$name" "$value" | sha256sum)"; fi
done
`
const PRINT = `#!/usr/bin/env bash
set -x
input=$(cat)
echo "$input"
echo "$input" | base64 -w0
echo "$input" >&2
exit 1
`

describe('a destination of type command through dist', () => {
  let stage: Stage
  let folder: string
  beforeEach(async () => {
    stage = await Stage.open()
    folder = mkdtempSync(join(tmpdir(), 'destination-'))
    write('put.cjs', PUT)
    write('see.sh', SEE)
    write('print.sh', PRINT)
    write('nothing.sh', '#!/usr/bin/env bash\ncat >/dev/null\n')
  }, 60_000)
  afterEach(async () => {
    await stage.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function write(name: string, text: string): void {
    writeFileSync(join(folder, name), text, { mode: 0o755 })
  }

  async function run(script: string) {
    const destination = {
      type: 'command',
      label: 'Files',
      write: join(folder, script),
      confirm: join(folder, 'see.sh'),
      env: { STORE: '${STORE_FILE}' }
    }
    return await stage.run({
      inputs: { config: alsoAt(destination).replace('{', '{\n') },
      env: { ...stage.environment(), STORE_FILE: join(folder, 'store.json') }
    })
  }

  it('gets the same slots as the other destinations from a real script, twice, and nothing leaks', async () => {
    for (let count = 0; count < 2; count++) {
      const { main, failed } = await run('put.cjs')
      expect(main.log).not.toContain('error')
      expect([failed, main.outputs['outcome']]).toEqual([false, 'rotated'])
      expect(JSON.parse(readFileSync(join(folder, 'store.json'), 'utf8'))).toEqual(stage.slots().store)
    }
    expect(Object.keys(stage.slots().store)).toHaveLength(4)
    expect(stage.leaks()).toEqual([])
  }, 60_000)

  it('is rolled back when a script prints its standard input and fails, and nothing leaks', async () => {
    await run('put.cjs')
    const { main } = await run('print.sh')
    expect(main.outputs['outcome']).toBe('rolled-back')
    expect(main.log).toContain('`write` ended with exit code 1: + exit 1')
    expect(stage.leaks()).toEqual([])
  }, 60_000)

  it('is rolled back when a script stores nothing and ends with exit code 0', async () => {
    await run('put.cjs')
    const before = stage.slots().github['PRIMARY_SECRET_EDIT_TOKEN']
    const { main } = await run('nothing.sh')
    expect(main.outputs['outcome']).toBe('rolled-back')
    expect(main.log).toContain('although `write` ended with exit code 0')
    expect(stage.slots().github['PRIMARY_SECRET_EDIT_TOKEN']).toBe(before)
  }, 60_000)

  it('stops a run before anything is created when a script does not exist', async () => {
    const { main } = await run('missing.sh')
    expect(main.exitCode).toBe(1)
    expect(main.log).toMatch(/Files: `write` cannot be run: there is no executable "\S+missing\.sh"/)
    expect(stage.managed()).toEqual([])
  }, 60_000)
})
