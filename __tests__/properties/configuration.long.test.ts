import { LONG } from './bounds.ts'
import { testDrawnConfigurations, testWrittenConfigurations } from './configurations.ts'

testWrittenConfigurations()
testDrawnConfigurations(LONG)
