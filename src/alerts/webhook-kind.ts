import * as v from 'valibot'
import type { GitHubServices } from '../github/client.ts'
import { readPreviousRun } from '../github/previous-run.ts'
import { RotationError } from '../kernel/error.ts'
import { described, variable } from '../kernel/fields.ts'
import type { Secret } from '../kernel/secret.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import type { AlertKind } from './alert.ts'
import { formRunbookUrl } from './content/runbook.ts'
import type { WebhookFormat } from './webhook/format.ts'
import { formatJson } from './webhook/json.ts'
import { createPagerDutyFormat } from './webhook/pagerduty.ts'
import { formatSlack } from './webhook/slack.ts'
import { formatTeams } from './webhook/teams.ts'
import { WebhookAlert } from './webhook/webhook.ts'

const schema = v.pipe(
  v.strictObject({
    type: v.literal('webhook'),
    url: described(variable, 'The environment variable that holds the URL, which is a secret.'),
    format: described(
      v.picklist(['slack', 'teams', 'pagerduty', 'json'], 'must be slack, teams, pagerduty or json'),
      'The service that the URL belongs to; `json` for a program of your own.'
    ),
    'routing-key': described(
      v.optional(variable),
      'With `format: pagerduty`: the environment variable that holds the routing key (the integration key of a service).'
    )
  }),
  v.check(
    (value) => value['routing-key'] === undefined || value.format === 'pagerduty',
    'has a routing-key, which needs format pagerduty'
  )
)

/** A message to Slack, Microsoft Teams, PagerDuty or a program. */
export const webhookKind: AlertKind<v.InferOutput<typeof schema>, DriverServices & GitHubServices> = {
  type: 'webhook',
  schema,
  variables: ({ url, 'routing-key': key }) => [
    { path: 'url', name: url, secret: true, holds: 'url' },
    ...(key === undefined ? [] : [{ path: 'routing-key', name: key, secret: true, holds: 'line' } as const])
  ],
  create: ({ url, format, 'routing-key': key }, services) => {
    const { run, reporter, secrets, github, fetch, clock, valuesOf } = services
    const valueOf = (name: string): Secret => {
      const [value] = valuesOf(name)
      if (value !== undefined) return value
      throw new RotationError('missing-value', `The environment variable ${name} is not set or empty.`, {
        hint: `Give it to the step in \`env\`, e.g. ${name}: \${{ secrets.${name} }}`
      })
    }
    const routingKey = (): string => {
      const found = key === undefined ? findRoutingKey(valueOf(url)) : valueOf(key).reveal()
      if (found !== undefined) return found
      throw new RotationError('alert', 'webhook (pagerduty): There is no routing key.', {
        hint: 'Set `routing-key` of the alert to the environment variable that holds the integration key of the service.'
      })
    }
    const formats: Readonly<Record<typeof format, WebhookFormat>> = {
      slack: formatSlack,
      teams: formatTeams,
      json: formatJson,
      pagerduty: createPagerDutyFormat(routingKey)
    }
    return new WebhookAlert({
      name: format,
      format: formats[format],
      hasMemory: format === 'pagerduty',
      url: () => {
        // A check asks for the URL alone, and must find this too.
        if (format === 'pagerduty') routingKey()
        return valueOf(url)
      },
      workflow: run.workflow,
      runbookUrl: formRunbookUrl(run),
      previousRun: () => readPreviousRun(github, run),
      redact: (text) => secrets.redact(text),
      ...{ reporter, fetch, clock }
    })
  }
}

/** The key in a URL such as `https://events.pagerduty.com/integration/<key>/enqueue` or `…/v2/enqueue?routing_key=<key>`. */
function findRoutingKey(url: Secret): string | undefined {
  if (!URL.canParse(url.reveal())) return undefined
  const { pathname, searchParams } = new URL(url.reveal())
  return searchParams.get('routing_key') ?? /\/integration\/([^/]+)\//.exec(pathname)?.[1]
}
