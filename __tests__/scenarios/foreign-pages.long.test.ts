import { testForeignPages } from './foreign-pages.ts'

testForeignPages({
  one: [
    ...(['challenge', 'proxy-401', 'proxy-403', 'proxy-407', 'empty-403'] as const),
    ...(['html-404', 'json-403', 'json-404', 'login-200', 'flood'] as const)
  ],
  every: ['block', 'proxy-401', 'empty-403']
})
