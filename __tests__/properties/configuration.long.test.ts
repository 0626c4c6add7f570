import { LONG } from './bounds.ts'
import { testDrawnConfigurations } from './configurations.ts'

testDrawnConfigurations(LONG)
