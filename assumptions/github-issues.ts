import type { Account } from './account.ts'
import { answered, describe, fieldOf, isSuccess, listOf, textOf, type Answer } from './answer.ts'
import { all, NotTried, when, type Assumption } from './assumption.ts'

const CANNOT_REMOVE = 'an issue can be closed, and not removed'

async function makeIssue(account: Account, labels: readonly string[] = []): Promise<Answer> {
  account.requireSandbox(CANNOT_REMOVE)
  const title = account.newName()
  const body = `<!-- ${title} -->`
  const answer = await account.github('POST', '/issues', { json: { title, body, labels } })
  if (!isSuccess(answer)) throw new NotTried(`opening an issue was answered with ${describe(answer)}`)
  return answer
}

async function makeLabel(account: Account): Promise<{ readonly name: string; readonly answer: Answer }> {
  const name = account.newName()
  const answer = await account.leftovers.make({
    label: `label ${name} of ${account.options.repository}`,
    create: () => account.github('POST', '/labels', { json: { name, color: 'ededed' } }),
    idOf: () => name,
    find: () => Promise.resolve([name]),
    remove: (id) => account.github('DELETE', `/labels/${id}`)
  })
  if (!isSuccess(answer)) throw new NotTried(`creating a label was answered with ${describe(answer)}`)
  return { name, answer }
}

/** What GitHub does with issues: that there is one alert, and that a success closes it, rests on it. */
export const githubIssues: readonly Assumption[] = [
  {
    id: 'issues/create',
    source: '[DOC]',
    says: 'A new issue is answered with 201, its number and its address.',
    async run(account) {
      const answer = await makeIssue(account)
      return all(
        answered(answer, 201),
        when(typeof fieldOf(answer.body, 'number') === 'number', 'has no number'),
        when(textOf(answer.body, 'html_url').startsWith('https://'), 'has no address')
      )
    }
  },
  {
    id: 'issues/body-kept',
    source: '[OBS]',
    says: 'A comment of HTML in the body is kept, so that an issue is found again by it.',
    async run(account) {
      const { body } = await makeIssue(account)
      const read = await account.github('GET', `/issues/${String(fieldOf(body, 'number'))}`)
      return when(textOf(read.body, 'body').startsWith('<!-- rotate-assumption-'), 'is another body')
    }
  },
  {
    id: 'issues/close',
    source: '[DOC]',
    says: 'An issue is closed and opened again by PATCH.',
    async run(account) {
      const { body } = await makeIssue(account)
      const path = `/issues/${String(fieldOf(body, 'number'))}`
      const states: string[] = []
      for (const state of ['closed', 'open', 'closed'])
        states.push(textOf((await account.github('PATCH', path, { json: { state } })).body, 'state'))
      return when(states.join() === 'closed,open,closed', `is ${states.join(', ')}`)
    }
  },
  {
    id: 'issues/comment',
    source: '[DOC]',
    says: 'A comment is answered with 201.',
    async run(account) {
      const { body } = await makeIssue(account)
      const path = `/issues/${String(fieldOf(body, 'number'))}/comments`
      return answered(await account.github('POST', path, { json: { body: 'x' } }), 201)
    }
  },
  {
    id: 'issues/list-by-label',
    source: '[DOC]',
    says: 'Open issues are listed by their label, the newest first.',
    async run(account) {
      account.requireSandbox(CANNOT_REMOVE)
      const { name } = await makeLabel(account)
      const made = [await makeIssue(account, [name]), await makeIssue(account, [name])]
      const { body } = await account.github('GET', `/issues?state=open&labels=${name}&per_page=100`)
      const numbers = listOf(body).map((issue) => fieldOf(issue, 'number'))
      const wanted = made.map((answer) => fieldOf(answer.body, 'number')).toReversed()
      return when(numbers.join() === wanted.join(), 'lists others, or in another order')
    }
  },
  {
    id: 'issues/unknown-label',
    source: '[OBS]',
    says: 'A label that does not exist finds no issue, and is no failure.',
    async run(account) {
      const answer = await account.github('GET', `/issues?labels=${account.newName()}`)
      return all(answered(answer, 200), when(listOf(answer.body).length === 0, 'finds some'))
    }
  },
  {
    id: 'issues/missing',
    source: '[DOC]',
    says: 'An issue that does not exist is answered with 404.',
    run: async (account) => answered(await account.github('GET', '/issues/999999999'), 404)
  },
  {
    id: 'labels/create',
    source: '[DOC]',
    says: 'A new label is answered with 201, and one that exists with 422.',
    async run(account) {
      const { name, answer } = await makeLabel(account)
      const again = await account.github('POST', '/labels', { json: { name, color: 'ededed' } })
      return all(answered(answer, 201), answered(again, 422))
    }
  }
]
