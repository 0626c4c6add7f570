import { testAnswers } from './answers.ts'
import { LONG } from './bounds.ts'

testAnswers(LONG)
