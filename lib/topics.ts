import { Alias } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { byName } from '../core/by-name.ts';
import { type TopicName, topics } from '../core/contract/resources.ts';

/** All topics that operators subscribe to: encrypted by AWS's own key for SNS, over TLS only. */
export class TopicsOf extends Construct {
  readonly topics: Record<TopicName, Topic>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const masterKey = Alias.fromAliasName(this, 'Key', 'alias/aws/sns');
    this.topics = byName(topics, (name) => new Topic(this, name, { masterKey, enforceSSL: true }));
  }
}
