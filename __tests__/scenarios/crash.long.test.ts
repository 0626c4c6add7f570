import { isCall } from '../../simulation/calls.ts'
import { testCrashes } from './crash.ts'

testCrashes([
  ['after it wrote SECONDARY at GitHub', { at: isCall('putSecret', /SECONDARY/), nth: 2, when: 'after' }],
  ['after it created both tokens', { at: isCall('createToken'), nth: 2, when: 'after' }],
  ['while it verified them', { at: isCall('readToken'), nth: 2, when: 'before' }],
  [
    'when it had written both PRIMARY at GitHub, none in the store',
    { at: isCall('editStored'), nth: 3, when: 'before' }
  ],
  ['when it had written PRIMARY everywhere', { at: isCall('editStored'), nth: 4, when: 'after' }],
  ['while it confirmed', { at: isCall('listSecrets'), nth: 3, when: 'before' }],
  ['when it released the lock', { at: isCall('deleteLock'), when: 'before' }]
])
