import { shortenId, type Block, type Inline } from '../../markdown/document.ts'
import { escapeHtml } from '../../markdown/escape.ts'
import { formatTime } from '../../markdown/time.ts'
import type { AlertContent } from '../content/message.ts'

/** Grey and red that are visible on white and on black; the mail program chooses all other colours. */
const LINE = '#888888'
const URGENT = '#d1242f'

const FONT = 'font-family:-apple-system,BlinkMacSystemFont,Segoe UI,Helvetica,Arial,sans-serif'
const BREAK = 'overflow-wrap:anywhere;word-break:break-word'
const CELL = `border:1px solid ${LINE};padding:4px 8px;text-align:left;vertical-align:top;${BREAK}`
/** A name breaks only where it does not fit. */
const NAME = CELL.replace(`;${BREAK}`, ';word-break:keep-all;overflow-wrap:break-word')

/** Writes an alert as the HTML of a mail: with inline styles, since mail programs drop others, and without anything that has to be loaded. */
export function renderHtml({ title, urgent, lead, sections }: AlertContent): string {
  const bar = `border-left:4px solid ${urgent ? URGENT : LINE};padding-left:12px`
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(title)}</title>`,
    '</head>',
    `<body style="margin:0;padding:16px;${FONT};font-size:15px;line-height:1.5;color-scheme:light dark">`,
    `<div style="max-width:640px;${BREAK}">`,
    `<div style="${bar}">`,
    ...lead.map(renderBlock),
    '</div>',
    ...sections.flatMap(({ heading, blocks }) => [
      `<h2 style="font-size:17px;margin:24px 0 8px">${escapeHtml(heading)}</h2>`,
      ...blocks.map(renderBlock)
    ]),
    '</div>',
    '</body>',
    '</html>',
    ''
  ].join('\n')
}

function renderBlock(block: Block): string {
  if ('paragraph' in block) return `<p style="margin:0 0 12px">${renderInlines(block.paragraph)}</p>`
  if ('list' in block) {
    const items = block.list.map((item) => `<li style="margin:0 0 4px">${renderInlines(item)}</li>`)
    return `<ul style="margin:0 0 12px;padding-left:20px">${items.join('')}</ul>`
  }
  const heads = block.heads.map(
    (head, index) => `<th style="${index === 0 ? NAME : CELL}">${escapeHtml(head)}</th>`
  )
  const rows = block.rows.map(
    (cells) =>
      `<tr>${cells.map((cell, index) => `<td style="${index === 0 ? NAME : CELL}">${renderInlines(cell)}</td>`).join('')}</tr>`
  )
  return `<table style="border-collapse:collapse;margin:0 0 12px;width:100%"><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function renderInlines(pieces: readonly Inline[]): string {
  return pieces.map(renderInline).join('')
}

function renderInline(piece: Inline): string {
  if (typeof piece === 'string') return escapeHtml(piece)
  if ('strong' in piece) return `<strong>${renderInlines(piece.strong).trim()}</strong>`
  if ('code' in piece) return `<code style="font-size:13px">${escapeHtml(piece.code)}</code>`
  if ('id' in piece) return unbroken(shortenId(piece.id))
  if ('time' in piece) return unbroken(formatTime(piece.time))
  return /^https?:\/\//.test(piece.url)
    ? `<a href="${escapeHtml(piece.url)}">${escapeHtml(piece.link)}</a>`
    : escapeHtml(piece.link)
}

function unbroken(text: string): string {
  return `<span style="white-space:nowrap">${escapeHtml(text)}</span>`
}
