import { isPlaceholder } from '../kernel/environment.ts'
import { Secret } from '../kernel/secret.ts'

/** The values of the input `secrets`, until it is known which of them the configuration reads. */
export class GivenSecrets {
  readonly #values: Map<string, Secret>

  constructor(values: ReadonlyMap<string, Secret> = new Map()) {
    this.#values = new Map(values)
  }

  /**
   * Parses `${{ toJSON(secrets) }}` and masks every value in it that is not a placeholder: the dummy `1` would hide every 1 of the log.
   * @returns undefined where it is not a JSON object of texts
   */
  static parse(json: string, mask: (value: string) => void): GivenSecrets | undefined {
    if (json.trim() === '') return new GivenSecrets()
    const parsed = parseObject(json)
    if (parsed === undefined) return undefined
    const entries = Object.entries(parsed)
    const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    for (const [, value] of texts) if (value !== '' && !isPlaceholder(value)) mask(value)
    if (texts.length < entries.length) return undefined
    // GitHub stores the names of secrets in capitals, and calls the job's own token `github_token`.
    return new GivenSecrets(new Map(texts.map(([name, value]) => [name.toUpperCase(), new Secret(value)])))
  }

  /** Drops every value but those of the given names. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#values.keys()) if (!names.has(name)) this.#values.delete(name)
  }

  /** Finds the value of a name. */
  find(name: string): string | undefined {
    return this.#values.get(name)?.reveal()
  }
}

function parseObject(json: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(json)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined
  } catch {
    // The error of the parser quotes the text.
    return undefined
  }
}
