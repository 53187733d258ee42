// Which conditions make up Ready, kind by kind. Revision's Active and SKS's ActivatorEndpointsPopulated are Info.
import { conditionSet } from "./conditions.ts";

export const serviceConditions = conditionSet("Ready", ["ConfigurationsReady", "RoutesReady"]);
export const configurationConditions = conditionSet("Ready", []);
export const routeConditions = conditionSet("Ready", ["AllTrafficAssigned", "IngressReady", "CertificateProvisioned"]);
export const revisionConditions = conditionSet("Ready", ["ResourcesAvailable", "ContainerHealthy"]);
export const domainMappingConditions = conditionSet("Ready", [
  "DomainClaimed",
  "ReferenceResolved",
  "IngressReady",
  "CertificateProvisioned",
]);
export const podAutoscalerConditions = conditionSet("Ready", ["Active", "ScaleTargetInitialized", "SKSReady"]);
export const serverlessServiceConditions = conditionSet("Ready", ["EndpointsPopulated"]);
export const ingressConditions = conditionSet("Ready", ["NetworkConfigured", "LoadBalancerReady"]);
export const metricConditions = conditionSet("Ready", []);
export const certificateConditions = conditionSet("Ready", []);
