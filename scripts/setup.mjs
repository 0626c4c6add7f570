/** Installs the dependencies when they are missing or older than the lock file, and says how far it is; runs on any Node.js from 20 on. */
import { spawn } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'

/** How often progress is said, in milliseconds. */
const EVERY_MS = 3_000

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const installed = join(root, 'node_modules/.package-lock.json')
const wanted = join(root, 'package-lock.json')

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  if (isLinked()) refuse()
  else install()
}

function isLinked() {
  return lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true
}

/** npm ci would empty the folder that the link names, which another clone may be using. */
function refuse() {
  console.error(
    'node_modules is a symbolic link, and npm ci would delete what it names. Remove the link, or run `npm ci` where it leads.'
  )
  process.exitCode = 1
}

function install() {
  const packages = Object.keys(JSON.parse(readFileSync(wanted, 'utf8')).packages).filter(
    (path) => path !== ''
  )
  const began = Date.now()
  const seconds = () => Math.round((Date.now() - began) / 1000)
  console.log(
    `Installing the dependencies (npm ci): ${packages.length} packages, a minute or two the first time.`
  )
  const timer = setInterval(() => {
    const there = packages.filter((path) => existsSync(join(root, path))).length
    console.log(`  ${there} of ${packages.length} packages after ${seconds()} s …`)
  }, EVERY_MS)
  const [command, ...prefix] = process.env.npm_execpath
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm']
  const child = spawn(command, [...prefix, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: command === 'npm.cmd'
  })
  child.once('error', (error) => end(1, `npm could not be started: ${error.message}`))
  child.once('close', (code) =>
    end(code ?? 1, code === 0 ? `Installed after ${seconds()} s.` : 'npm ci failed.')
  )

  function end(code, message) {
    clearInterval(timer)
    console.log(message)
    process.exitCode = code
  }
}
