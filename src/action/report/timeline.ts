import type { PageBlock } from '../../markdown/document.ts'
import type { RotationRecord } from '../../rotation/record/schema.ts'

/** A chart of fewer steps shows nothing, and one of more cannot be read. */
const MIN_STEPS = 4
const MAX_STEPS = 200

/** Draws the steps of all rotations on one axis, as a Mermaid Gantt chart. */
export function drawTimeline(rotations: readonly RotationRecord[]): readonly PageBlock[] {
  const all = rotations.flatMap(({ steps }) => steps)
  if (all.length < MIN_STEPS || all.length > MAX_STEPS) return []
  const start = Math.min(...all.map(({ startedAt }) => Date.parse(startedAt)))
  const lines = rotations
    .filter(({ steps }) => steps.length > 0)
    .flatMap(({ name, steps }) => [
      `    section ${name}`,
      ...steps.map((step) => {
        const from = Date.parse(step.startedAt) - start
        const to = Math.max(Date.parse(step.endedAt) - start, from + 1)
        return `    ${step.name} :${step.status === 'failed' ? 'crit, ' : ''}${from}, ${to}`
      })
    ])
  const head = ['gantt', '    title The steps, in milliseconds', '    dateFormat x', '    axisFormat %S.%L']
  return [{ fence: [...head, ...lines], language: 'mermaid' }]
}
