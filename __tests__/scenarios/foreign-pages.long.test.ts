import { testForeignPages } from './foreign-pages.ts'

const ONE = [
  ...(['challenge', 'proxy-401', 'proxy-403', 'proxy-407', 'empty-403'] as const),
  ...(['html-404', 'json-401', 'json-403', 'json-404', 'login-200', 'flood'] as const)
]

testForeignPages({
  of: 'the bootstrap tokens',
  one: ['block', ...ONE],
  every: ['block', 'proxy-401', 'empty-403', 'html-404']
})
testForeignPages({ of: 'an Access service token', one: ONE, every: ['block', 'proxy-401', 'empty-403'] })
