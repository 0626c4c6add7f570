/**
 * `npm run pictures`: shows the pages that people read in a real browser, light and dark, on a desktop and on a phone, fails when something does
 * not fit or is not drawn, and writes the pictures of `docs/pictures/`. It needs Chromium and a font with emoji
 * (`apt-get install chromium fonts-noto-color-emoji`), or `CHROMIUM=/path/to/it`.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launch, type Browser, type Page } from 'puppeteer-core'
import { playChat } from './chat.ts'
import { readMermaid, renderPage } from './page.ts'
import { playScenes, type Scene } from './scenes.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, process.argv.includes('--check') ? 'build/pictures' : 'docs/pictures')
const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const DEVICES = {
  desk: { width: 980, height: 600, deviceScaleFactor: 1 },
  phone: { width: 390, height: 700, deviceScaleFactor: 1, isMobile: true }
} as const

interface View {
  readonly scheme: 'light' | 'dark'
  readonly device: keyof typeof DEVICES
}

const VIEWS: readonly View[] = (['light', 'dark'] as const).flatMap((scheme) =>
  (['desk', 'phone'] as const).map((device) => ({ scheme, device }))
)
/** A chat program has a scheme of its own, which its renderer does not take from the browser. */
const viewsOf = ({ kind }: Scene): readonly View[] =>
  VIEWS.filter(({ scheme }) => kind !== 'chat' || scheme === 'light')

/** Pictures that the documentation shows; all others are only checked. */
const SHOWN: readonly string[] = [
  'summary-light-desk',
  'summary-dark-desk',
  'summary-access-light-desk',
  'plan-light-desk',
  'check-light-desk',
  'check-dark-phone',
  'issue-light-desk',
  'issue-dark-phone',
  'mail-light-desk',
  'mail-dark-phone',
  'status-light-desk',
  'status-dark-phone',
  'slack-light-desk',
  'teams-light-desk'
]

function findChromium(): string {
  const path = [process.env['CHROMIUM'], ...CANDIDATES].find((one) => one !== undefined && existsSync(one))
  if (path === undefined) {
    throw new Error(
      'Chromium was not found: install it with `apt-get install chromium`, or set CHROMIUM=/path/to/it.'
    )
  }
  return path
}

/** Takes the picture of a scene. @returns what is wrong with how it looks */
async function look(browser: Browser, scene: Scene, view: View): Promise<readonly string[]> {
  const page = await browser.newPage()
  const troubles: string[] = []
  page.on('pageerror', (error) => troubles.push(`error in the page: ${String(error)}`))
  await page.setViewport(DEVICES[view.device])
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: view.scheme }])
  await page.setContent(renderPage(scene))
  if (scene.kind === 'summary' || scene.kind === 'issue') troubles.push(...(await draw(page, view.scheme)))
  // The colours of a chat program are its own.
  const isOurs = (misfit: string): boolean => scene.kind !== 'chat' || !misfit.includes('contrast')
  troubles.push(...(await findMisfits(page)).filter(isOurs))
  const name = `${scene.name}-${view.scheme}-${view.device}`
  if (SHOWN.includes(name) || process.argv.includes('--all')) {
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
  }
  await page.close()
  return troubles.map((trouble) => `${name}: ${trouble}`)
}

async function draw(page: Page, scheme: View['scheme']): Promise<readonly string[]> {
  const asked = await page.$$eval('pre.mermaid', (blocks) => blocks.length)
  if (asked === 0) return []
  await page.addScriptTag({ content: readMermaid() })
  await page.evaluate(
    `mermaid.initialize({ startOnLoad: false, theme: '${scheme === 'dark' ? 'dark' : 'default'}' }); mermaid.run()`
  )
  const drawn = await page.$$eval('pre.mermaid svg', (pictures) => pictures.length)
  const failed = (await page.evaluate(
    `[...document.querySelectorAll('pre.mermaid')].filter((one) => one.textContent.includes('Syntax error')).length`
  )) as number
  return drawn === asked && failed === 0
    ? []
    : [`${asked} pictures were asked for, ${drawn - failed} are drawn`]
}

/** Finds what is wider than the screen, tables that have to be scrolled, and texts with too little contrast. */
async function findMisfits(page: Page): Promise<readonly string[]> {
  const found = (await page.evaluate(`(() => {
    const wide = document.documentElement.scrollWidth > window.innerWidth + 1
      ? ['it is ' + document.documentElement.scrollWidth + ' px wide on a screen of ' + window.innerWidth]
      : []
    const scrolled = [...document.querySelectorAll('table')].filter((table) => table.scrollWidth > table.clientWidth + 1)
      .map((table) => 'a table is ' + table.scrollWidth + ' px wide and has ' + table.clientWidth)
    const luminance = (color) => {
      const [r = 0, g = 0, b = 0] = (color.match(/[\\d.]+/g) ?? []).map(Number)
      const channel = (value) => { const c = value / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 }
      return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
    }
    const behind = (element) => {
      for (let one = element; one !== null; one = one.parentElement) {
        const color = getComputedStyle(one).backgroundColor
        if (!/rgba\\(.*, 0\\)|transparent/.test(color)) return color
      }
      return matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)'
    }
    const faint = new Set()
    for (const element of document.querySelectorAll('p, li, td, th, h1, h2, h3, a, code, strong, summary')) {
      if (element.closest('svg') !== null || element.textContent.trim() === '') continue
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((x, y) => y - x)
      const contrast = (a + 0.05) / (b + 0.05)
      if (contrast < 4.5) faint.add(element.tagName.toLowerCase() + ' "' + element.textContent.trim().slice(0, 40) + '" has a contrast of ' + contrast.toFixed(1))
    }
    return [...wide, ...scrolled, ...[...faint].slice(0, 5)]
  })()`)) as string[]
  return found
}

mkdirSync(folder, { recursive: true })
const browser = await launch({
  executablePath: findChromium(),
  args: ['--no-sandbox', '--force-color-profile=srgb']
})
const troubles: string[] = []
try {
  for (const scene of [...(await playScenes()), ...(await playChat())]) {
    for (const view of viewsOf(scene)) {
      const found = await look(browser, scene, view)
      troubles.push(...found)
      console.log(`${found.length === 0 ? 'ok ' : 'BAD'} ${scene.name}, ${view.scheme}, ${view.device}`)
    }
  }
} finally {
  await browser.close()
}
for (const trouble of troubles) console.error(trouble)
if (troubles.length > 0) process.exitCode = 1
else console.log(`Everything fits and is drawn. Pictures: ${folder}`)
