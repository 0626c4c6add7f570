import type { CredentialStatus, RunStatus, ScheduleStatus, Status, TroubleStatus } from './status.ts'

/** Text that is HTML already. */
interface Html {
  readonly html: string
}

const STYLE = `
:root { color-scheme: light dark; --line: #d0d7de; --soft: #f6f8fa; --dim: #59636e; --bad: #cf222e; --good: #1a7f37 }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --soft: #151b23; --dim: #9198a1; --bad: #f85149; --good: #3fb950 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.4rem } h2 { font-size: 1.15rem; margin-top: 2rem } h3 { font-size: 1rem; margin: 1rem 0 .25rem }
a { color: LinkText }
.dim { color: var(--dim) } .good { color: var(--good) } .bad { color: var(--bad) }
.trouble { border: 1px solid var(--line); border-left: .3rem solid var(--bad); border-radius: .4rem; padding: .5rem 1rem; margin: .75rem 0 }
.trouble p { margin: .25rem 0 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0 } dt { color: var(--dim) } dd { margin: 0 }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
th { background: var(--soft); font-weight: 600 } time { white-space: nowrap }
@media (max-width: 36rem) {
  tr:first-child { display: none } tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line) }
  td { display: flex; gap: 1rem; justify-content: space-between; border: 0; padding: .1rem 0 }
  td::before { content: attr(data-head); color: var(--dim) }
}
`

/** Renders the status as a page without scripts. @returns the page and its content security policy */
export function renderStatus(status: Status): { readonly html: string; readonly csp: string } {
  const nonce = crypto.randomUUID()
  const { troubles, schedules, at, tickedAt, healthy } = status
  const state = healthy ? html`<span class="good">Everything is well.</span>` : countTroubles(troubles)
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${healthy ? 'Rotation' : `(${troubles.length}) Rotation`}</title>
        <style nonce="${nonce}">
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>Credential rotation</h1>
        <p><strong>${state}</strong> <span class="dim">${time(at)}; latest tick ${time(tickedAt)}</span></p>
        ${troubles.map(renderTrouble)}
        ${schedules.length === 0 ? html`<p>There is no schedule.</p>` : schedules.map((schedule) => renderSchedule(schedule, at))}
      </body>
    </html> `
  const csp = `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  return { html: page.html, csp }
}

function countTroubles({ length }: readonly TroubleStatus[]): Html {
  return html`<span class="bad"
    >${length === 1 ? 'One thing is wrong.' : `${length} things are wrong.`}</span
  >`
}

function renderTrouble({ title, detail, action, since, url }: TroubleStatus): Html {
  return html`<section class="trouble">
    <p><strong>${link(url, title)}</strong></p>
    <p>${detail}</p>
    <p>${action}</p>
    <p class="dim">since ${time(since)}</p>
  </section> `
}

function renderSchedule(schedule: ScheduleStatus, at: string): Html {
  const { repository, workflow, ref, everySeconds, state, nextStart, nextDue, lastWell, deadline } = schedule
  return html`<section>
    <h2>${workflow} <span class="dim">of ${repository}</span></h2>
    <dl>
      <dt>State</dt>
      <dd>${state}</dd>
      <dt>Started</dt>
      <dd>every ${formatDuration(everySeconds)} on ${ref}; next ${time(nextStart)}</dd>
      <dt>Ended well</dt>
      <dd>${time(lastWell)}; the next run must by ${time(deadline)}</dd>
      <dt>Next due</dt>
      <dd>${time(nextDue)}</dd>
    </dl>
    ${renderCredentials(schedule.credentials, at)} ${renderRuns(schedule.runs)}
  </section> `
}

function renderCredentials(credentials: readonly CredentialStatus[], at: string): Html {
  if (credentials.length === 0) return html`<p class="dim">No run has reported its credentials.</p>`
  const rows = credentials.map(
    ({ rotation, credential, primaryExpiresAt, secondaryExpiresAt, endsAt }) =>
      html`<tr>
        <td data-head="credential">
          <span>${credential} <span class="dim">of ${rotation}</span></span>
        </td>
        <td data-head="PRIMARY ends">${time(primaryExpiresAt)}</td>
        <td data-head="SECONDARY ends">${time(secondaryExpiresAt)}</td>
        <td data-head="last slot">
          ${
            endsAt === null
              ? 'no end'
              : html`<span class="${endsAt <= at ? 'bad' : ''}">${formatLeft(endsAt, at)}</span>`
          }
        </td>
      </tr> `
  )
  return html`<h3>Credentials</h3>
    <div class="scroll">
      <table>
        <tr>
          <th>credential</th>
          <th>PRIMARY ends</th>
          <th>SECONDARY ends</th>
          <th>last slot</th>
        </tr>
        ${rows}
      </table>
    </div> `
}

function renderRuns(runs: readonly RunStatus[]): Html {
  if (runs.length === 0) return html`<p class="dim">No run has been started.</p>`
  const rows = runs.map(
    ({ id, url, createdAt, status, conclusion }) =>
      html`<tr>
        <td data-head="run">${link(url, String(id))}</td>
        <td data-head="created">${time(createdAt)}</td>
        <td data-head="ended">
          <span class="${conclusion === 'success' ? 'good' : conclusion === null ? '' : 'bad'}"
            >${conclusion ?? status}</span
          >
        </td>
      </tr> `
  )
  return html`<h3>Runs</h3>
    <div class="scroll">
      <table>
        <tr>
          <th>run</th>
          <th>created</th>
          <th>ended</th>
        </tr>
        ${rows}
      </table>
    </div> `
}

/** Every value is escaped, unless it was made here. */
function html(texts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const parts = texts.map((text, index) => {
    const value = values[index]
    if (value === undefined) return text
    if (typeof value === 'string') return text + escapeHtml(value)
    return text + ('html' in value ? value.html : value.map((one) => one.html).join(''))
  })
  return { html: parts.join('') }
}

function raw(text: string): Html {
  return { html: text }
}

function escapeHtml(text: string): string {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (character) => entities[character as keyof typeof entities])
}

/** Links to https only, since an address may come from a report. */
function link(url: string | null, text: string): string | Html {
  return url?.startsWith('https://') === true ? html`<a href="${url}" rel="noreferrer">${text}</a>` : text
}

function time(at: string | null): string | Html {
  return at === null ? 'unknown' : html`<time datetime="${at}">${formatMinute(at)}</time>`
}

/** Does not break across lines. */
function formatMinute(at: string): string {
  return `${at.slice(0, 16).replace('T', '\u00a0')}\u00a0UTC`
}

function formatLeft(endsAt: string, at: string): string {
  const seconds = Math.round((Date.parse(endsAt) - Date.parse(at)) / 1000)
  return seconds <= 0 ? 'has ended' : `ends in ${formatDuration(seconds)}`
}

function formatDuration(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  if (minutes < 120 && minutes % 60 !== 0) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48
    ? `${hours} h ${minutes % 60} min`.replace(' 0 min', '')
    : `${Math.floor(hours / 24)} days`
}
