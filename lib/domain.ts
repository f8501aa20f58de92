import { Stack } from 'aws-cdk-lib';
import { DomainName, EndpointType, SecurityPolicy, type SpecRestApi } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayDomain } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/**
 * A domain of the stage's own: at its root is the stage, so its paths have no prefix. With a hosted zone the
 * name becomes an alias; without one, the output `DomainTarget` is what it has to point at.
 */
export class OwnDomain extends Construct {
  /** The host that the name has to point at. */
  readonly target: string;

  constructor(scope: Construct, id: string, api: SpecRestApi, domain: NonNullable<Settings['domain']>) {
    super(scope, id);
    const { name, certificateArn, hostedZoneId, hostedZoneName } = domain;
    const domainName = new DomainName(this, 'Name', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    domainName.addBasePathMapping(api, { stage: api.deploymentStage });
    this.target = domainName.domainNameAliasDomainName;
    if (hostedZoneId && hostedZoneName)
      new ARecord(this, 'Alias', {
        zone: HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: hostedZoneName }),
        recordName: `${name}.`,
        target: RecordTarget.fromAlias(new ApiGatewayDomain(domainName)),
      });
  }
}

/**
 * The address of a stage, without a slash at the end: its own domain, or API Gateway's address, where the
 * stage is the first part of each path. It names the API alone, not its stage, which has the user pool's
 * client among its variables, which has this address among its callbacks.
 */
export function apiUrl(api: SpecRestApi, { stage, domain }: Settings): string {
  if (domain) return `https://${domain.name}`;
  const { region, urlSuffix } = Stack.of(api);
  return `https://${api.restApiId}.execute-api.${region}.${urlSuffix}/${stage}`;
}
