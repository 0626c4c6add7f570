import { SHORT } from './bounds.ts'
import { testDrawnConfigurations } from './configurations.ts'

testDrawnConfigurations(SHORT)
