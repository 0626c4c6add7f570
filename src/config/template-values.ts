import { describeMissing, type ReadVariable } from '../kernel/environment.ts'
import { findUnsafeUrl } from '../kernel/safe-url.ts'
import { fillIn, variablesOf } from '../kernel/template.ts'
import type { Configuration, RotationConfiguration } from './configuration.ts'
import type { Kinds } from './kinds.ts'
import { textsOf } from './parts.ts'
import type { ConfigurationProblem } from './problems.ts'

/** Finds texts whose variables are not set, and URLs that are unsafe once their variables are filled in. */
export function findTemplateProblems(
  configuration: Configuration,
  kinds: Kinds,
  {
    selected,
    valueOf
  }: { readonly selected: readonly RotationConfiguration[]; readonly valueOf: ReadVariable }
): readonly ConfigurationProblem[] {
  return textsOf(configuration, kinds, selected).flatMap(({ path, key, templates, own }) => {
    const names = templates.flatMap(({ text }) => variablesOf(text))
    // The credential's own values are filled in from what is made, so that they need not be set.
    const unset = [...new Set(names)].filter((name) => !own.has(name) && (valueOf(name) ?? '') === '')
    if (unset.length > 0)
      return unset.map((name) => ({ path: `${path}.${key}`, message: describeMissing(name) }))
    return templates
      .filter(({ use }) => use === 'url')
      .flatMap((url) =>
        findBadUrl(url.text, valueOf).map((message) => ({ path: `${path}.${url.path}`, message }))
      )
  })
}

/** Says why a URL is unsafe once its variables are filled in; values are not shown. */
function findBadUrl(url: string, valueOf: ReadVariable): readonly string[] {
  const fill = (text: string): string => fillIn(text, (name) => valueOf(name) ?? '')
  const [first] = /^\$\{[A-Z_][A-Z0-9_]*\}/.exec(url) ?? []
  const message = (first === undefined ? undefined : findUnsafeUrl(fill(first))) ?? findUnsafeUrl(fill(url))
  if (message === undefined) return []
  const names = variablesOf(url).map((name) => `$${name}`)
  return [`${message}${names.length === 0 ? '' : `, once ${names.join(', ')} is filled in`}`]
}
