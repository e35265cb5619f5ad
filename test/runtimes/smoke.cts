// The same for CommonJS.
import ottla = require('ottla')

export const kafka: ottla.Kafka = new ottla.Kafka({ bootstrapServers: 'localhost:9092' })
