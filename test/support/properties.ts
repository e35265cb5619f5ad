// For every test file: properties are tried at their full length. By its default fast-check makes arrays, strings and
// byte arrays of at most about ten elements, whatever `maxLength` allows.

import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), baseSize: 'medium' })
