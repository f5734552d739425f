//! Which pod this is, by variables that its manifest fills in from the downward API, and by what the kubelet mounts into it. No specification names
//! the variables: ours are the attributes' names in capitals. Those that manifests mostly have are read inside Kubernetes, where they can mean nothing else.

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::{
    K8S_CLUSTER_NAME, K8S_CONTAINER_NAME, K8S_DEPLOYMENT_NAME, K8S_NAMESPACE_NAME, K8S_NODE_NAME, K8S_POD_NAME, K8S_POD_UID,
};

use super::{System, mounted};

/// An attribute, its variable, and the one that manifests mostly have.
const VARIABLES: &[(&str, &str, Option<&str>)] = &[
    (K8S_CLUSTER_NAME, "K8S_CLUSTER_NAME", None),
    (K8S_CONTAINER_NAME, "K8S_CONTAINER_NAME", None),
    (K8S_DEPLOYMENT_NAME, "K8S_DEPLOYMENT_NAME", None),
    (K8S_NAMESPACE_NAME, "K8S_NAMESPACE_NAME", Some("POD_NAMESPACE")),
    (K8S_NODE_NAME, "K8S_NODE_NAME", Some("NODE_NAME")),
    (K8S_POD_NAME, "K8S_POD_NAME", Some("POD_NAME")),
    (K8S_POD_UID, "K8S_POD_UID", Some("POD_UID")),
];

const NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

pub(super) fn attributes(system: &System<'_>, mounts: &str) -> Vec<KeyValue> {
    let is_inside = system.is_in_kubernetes();
    let pod = if is_inside { Pod::of_mounts(mounts) } else { Pod::default() };
    let found = VARIABLES.iter().filter_map(|(key, variable, usual)| {
        let usual = || usual.filter(|_| is_inside).and_then(|usual| system.variable(usual));
        let mounted = || match *key {
            K8S_CONTAINER_NAME => pod.container.map(str::to_owned),
            K8S_NAMESPACE_NAME if is_inside => system.file(NAMESPACE).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
            K8S_POD_UID => pod.uid.map(str::to_owned),
            // The name of the host would mostly be that of the pod, and sometimes that of the node.
            _ => None,
        };
        let value = system.variable(variable).or_else(usual).or_else(mounted)?;
        Some(KeyValue::new(*key, value))
    });
    found.collect()
}

/// What the kubelet's mounts say: `/var/lib/kubelet/pods/<uid>/etc-hosts`, and `…/pods/<uid>/containers/<name>/<id>`.
#[derive(Default)]
struct Pod<'a> {
    uid: Option<&'a str>,
    container: Option<&'a str>,
}

impl<'a> Pod<'a> {
    fn of_mounts(mounts: &'a str) -> Self {
        let mut pod = Self::default();
        for (source, place) in mounted(mounts) {
            let mut segments = source.rsplit('/');
            match place {
                "/etc/hosts" if segments.next() == Some("etc-hosts") => pod.uid = segments.next().filter(|uid| is_uid(uid)),
                // Where a container says why it ends.
                "/dev/termination-log" => {
                    let (_, name, folder) = (segments.next(), segments.next(), segments.next());
                    pod.container = name.filter(|_| folder == Some("containers"));
                }
                _ => {}
            }
        }
        pod
    }
}

/// A UUID, or of a pod that the kubelet has from a file, 32 digits.
fn is_uid(text: &str) -> bool {
    matches!(text.len(), 32 | 36) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
