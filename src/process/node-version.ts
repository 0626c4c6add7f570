/** Oldest Node.js that the action and the command run on. This file imports nothing that an older one cannot load. */
const OLDEST = 22

/** Says that this Node.js is too old; undefined where it is not. @param where what has it, e.g. `this runner` */
export function findTooOldNode(where: string): string | undefined {
  const { node } = process.versions
  if (Number(node.split('.')[0]) >= OLDEST) return undefined
  return `rotate-action needs Node.js ${OLDEST} or later, and ${where} has ${node}: update it. Nothing was called and nothing was changed.`
}
