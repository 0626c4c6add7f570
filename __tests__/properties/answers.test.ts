import { testAnswers } from './answers.ts'
import { SHORT } from './bounds.ts'

testAnswers(SHORT)
