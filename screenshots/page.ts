import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Marked } from 'marked'
import markedAlert from 'marked-alert'
import type { Scene } from './scenes.ts'

const require = createRequire(import.meta.url)
const marked = new Marked({ gfm: true }).use(markedAlert())

/** Renders GitHub-flavoured Markdown as GitHub does, without drawing charts. */
export function renderMarkdown(text: string): string {
  return marked.parse(text, { async: false })
}

/** Writes the HTML page of a scene; the others are one already. */
export function renderPage({ kind, title, body }: Scene): string {
  if (kind !== 'summary' && kind !== 'issue') return body
  const html = renderMarkdown(body).replace(
    /<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g,
    '<pre class="mermaid">$1</pre>'
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${read('github-markdown-css/github-markdown.css')}</style>
<style>
  body { margin: 0; background: Canvas; }
  .markdown-body { box-sizing: border-box; max-width: 980px; margin: 0 auto; padding: 24px; }
  .markdown-body table { display: block; overflow-x: auto; }
  pre.mermaid { background: none; text-align: center; padding: 0; }
</style>
</head>
<body>
<article class="markdown-body">
${kind === 'issue' ? `<h1>${escapeHtml(title)}</h1>` : ''}
${html}
</article>
</body>
</html>
`
}

/** Reads the script that draws Mermaid's charts. */
export function readMermaid(): string {
  return read('@mermaid-js/tiny/dist/mermaid.tiny.js')
}

function read(path: string): string {
  return readFileSync(require.resolve(path), 'utf8')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
