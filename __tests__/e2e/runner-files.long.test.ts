import { testUnwritableRunnerFiles } from './unwritable-runner-files.ts'

testUnwritableRunnerFiles(['/nowhere/at-all', '/proc/version'])
