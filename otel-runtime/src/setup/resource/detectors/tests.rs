use std::collections::BTreeMap;

use super::*;

const ID: &str = "1b8f3c3819fbae7b858e55c52ec5783d06aa9cbf337815ecb9b96f47babcee5d";
const OTHER: &str = "c3bff63004020bec1fc8ca3e517cabf95535ef60c5a4a19b146753a714c92ce2";
const UID: &str = "be2cead1-f604-40bd-a52d-05f47d1ae7ef";

type Texts<'a> = &'a [(&'a str, &'a str)];

/// What is detected in a system that has these files and variables, by key.
fn detect(files: Texts<'_>, variables: Texts<'_>) -> BTreeMap<String, String> {
    let of = |texts: Texts<'_>, wanted: &str| texts.iter().find(|(name, _)| *name == wanted).map(|(_, text)| (*text).to_owned());
    let system = System { variable: &|name| of(variables, name), file: &|path| of(files, path) };
    system.detect().into_iter().map(|attribute| (attribute.key.to_string(), attribute.value.to_string())).collect()
}

fn container(files: Texts<'_>, variables: Texts<'_>) -> Option<String> {
    detect(files, variables).remove("container.id")
}

fn some(texts: Texts<'_>) -> BTreeMap<String, String> {
    texts.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn where_there_is_nothing_to_see_only_what_is_compiled_in_is_said() {
    let found = detect(&[], &[]);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["host.arch", "os.type"]);
}

#[test]
fn what_cannot_be_read_is_not_there() {
    assert_eq!(read("/no/such/file"), None);
    assert_eq!(read(env!("CARGO_MANIFEST_DIR")), None, "a folder");
    #[cfg(unix)]
    assert_eq!(read("/dev/zero"), None, "it has no end");
}

#[test]
fn architectures_and_systems_have_the_names_of_the_conventions() {
    let architectures = ["x86_64", "aarch64", "arm", "powerpc", "powerpc64", "s390x", "x86", "riscv64"].map(host::architecture);
    assert_eq!(architectures, ["amd64", "arm64", "arm32", "ppc32", "ppc64", "s390x", "x86", "riscv64"]);
    let systems = ["linux", "macos", "windows", "dragonfly", "freebsd"].map(host::os_type);
    assert_eq!(systems, ["linux", "darwin", "windows", "dragonflybsd", "freebsd"]);
}

#[test]
fn a_host_of_linux() {
    let release =
        "# a comment\nPRETTY_NAME=\"Debian GNU/Linux 12 (\\\"bookworm\\\")\"\nNAME='Debian GNU/Linux'\nVERSION_ID=11\nVERSION_ID=\"12\"\n";
    let files = [
        ("/proc/sys/kernel/hostname", "till-7\n"),
        ("/etc/machine-id", "fdbf79e8af94cb7f9e8df36789187052\n"),
        ("/etc/os-release", release),
    ];
    let mut found = detect(&files, &[("HOSTNAME", "other")]);
    found.retain(|key, _| key != "host.arch" && key != "os.type");
    let expected = [
        ("host.name", "till-7"),
        ("host.id", "fdbf79e8af94cb7f9e8df36789187052"),
        ("os.name", "Debian GNU/Linux"),
        ("os.version", "12"),
        ("os.description", "Debian GNU/Linux 12 (\"bookworm\")"),
    ];
    assert_eq!(found, some(&expected));
}

#[test]
fn a_host_elsewhere_has_its_name_in_a_variable() {
    assert_eq!(detect(&[], &[("COMPUTERNAME", "TILL-7")])["host.name"], "TILL-7");
    assert_eq!(detect(&[("/proc/sys/kernel/hostname", "\n")], &[("HOSTNAME", "till-7")])["host.name"], "till-7");
}

#[test]
fn an_id_of_a_machine_is_one_and_is_that_of_the_machine() {
    let id = "fdbf79e8af94cb7f9e8df36789187052";
    let found = |files: Texts<'_>| detect(files, &[]).remove("host.id");
    assert_eq!(found(&[("/etc/machine-id", "uninitialized\n")]), None);
    assert_eq!(found(&[("/etc/machine-id", ""), ("/var/lib/dbus/machine-id", id)]).as_deref(), Some(id));
    for marker in ["/.dockerenv", "/run/.containerenv"] {
        assert_eq!(found(&[("/etc/machine-id", id), (marker, "")]), None, "it is that of the image");
    }
    assert_eq!(detect(&[("/etc/machine-id", id)], &[("KUBERNETES_SERVICE_HOST", "10.0.0.1")]).remove("host.id"), None);
}

#[test]
fn containers_by_their_groups() {
    let samples = [
        // Docker with version 1, by itself and with systemd.
        format!("12:memory:/docker/{ID}\n0::/system.slice/containerd.service\n"),
        format!("5:cpu,cpuacct:/system.slice/docker-{ID}.scope\n"),
        // Docker in Docker.
        format!("3:cpu:/docker/{OTHER}/docker/{ID}\n"),
        // systemd in a container.
        format!("1:name=systemd:/docker/{ID}/init.scope\n"),
        // containerd in Kubernetes: by itself, with systemd, and without a scope.
        format!("0::/kubepods/burstable/pod{UID}/{ID}\n"),
        format!("0::/kubepods.slice/kubepods-pod{}.slice/cri-containerd-{ID}.scope\n", UID.replace('-', "_")),
        format!("11:pids:/system.slice/containerd.service/kubepods-burstable-pod{}.slice:cri-containerd:{ID}\n", UID.replace('-', "_")),
        // CRI-O.
        format!("0::/kubepods.slice/kubepods-besteffort.slice/crio-{ID}.scope\n"),
        // Podman, of root and of a user.
        format!("0::/machine.slice/libpod-{ID}.scope/container\n"),
        format!("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container\n"),
    ];
    for groups in samples {
        assert_eq!(container(&[("/proc/self/cgroup", &groups)], &[]).as_deref(), Some(ID), "{groups}");
    }
    let task = "0123456789abcdef0123456789abcdef";
    let groups = format!("9:perf_event:/ecs/{task}/{task}-2531612879\n");
    assert_eq!(container(&[("/proc/self/cgroup", &groups)], &[]), Some(format!("{task}-2531612879")));
}

#[test]
fn what_is_in_no_container_has_no_id() {
    let samples = [
        "0::/\n".to_owned(),
        "0::/user.slice/user-1000.slice/session-2.scope\n".to_owned(),
        "4:memory:/jobs/675bb4cdce86a22978f55be06c268a9a\n".to_owned(),
        format!("0::/machine.slice/libpod-conmon-{ID}.scope\n"),
        format!("0::/docker/{}\n", ID.to_uppercase()),
        format!("0::/docker/{ID}0\n"),
        "no group".to_owned(),
        String::new(),
    ];
    for groups in samples {
        assert_eq!(container(&[("/proc/self/cgroup", &groups)], &[]), None, "{groups}");
    }
}

/// What a container's own namespace of groups leaves to see.
const GROUPS: (&str, &str) = ("/proc/self/cgroup", "0::/\n");

/// Lines of `mountinfo`, of what is mounted where.
fn mountinfo(mounts: &[(&str, &str)]) -> String {
    let root = "499 325 0:81 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/containers/storage/overlay/l/HRSQ\n";
    let lines = mounts.iter().map(|(source, place)| format!("510 499 254:1 {source} {place} rw,relatime - ext4 /dev/vda1 rw\n"));
    std::iter::once(root.to_owned()).chain(lines).collect()
}

#[test]
fn containers_by_what_is_mounted_into_them() {
    let docker = |id: &str, file: &str| format!("/var/lib/docker/containers/{id}/{file}");
    let [hostname, hosts, resolv] = ["hostname", "hosts", "resolv.conf"].map(|file| docker(ID, file));
    let all = mountinfo(&[(&resolv, "/etc/resolv.conf"), (&hostname, "/etc/hostname"), (&hosts, "/etc/hosts")]);
    assert_eq!(container(&[GROUPS, ("/proc/self/mountinfo", &all)], &[]).as_deref(), Some(ID));
    let apart = all.replace("/var/lib/docker", "");
    assert_eq!(container(&[GROUPS, ("/proc/self/mountinfo", &apart)], &[]).as_deref(), Some(ID), "on a disk of its own");

    let podman = format!("/containers/overlay-containers/{ID}/userdata/.containerenv");
    let pod = format!("/containers/overlay-containers/{OTHER}/userdata/hostname");
    let podman = mountinfo(&[(&podman, "/run/.containerenv"), (&pod, "/etc/hostname")]);
    assert_eq!(container(&[GROUPS, ("/proc/self/mountinfo", &podman)], &[]).as_deref(), Some(ID));

    let by_group = format!("0::/docker/{OTHER}\n");
    let found = container(&[("/proc/self/cgroup", &by_group), ("/proc/self/mountinfo", &all)], &[]);
    assert_eq!(found.as_deref(), Some(OTHER), "the group is surer");
}

#[test]
fn what_may_be_another_container_is_none() {
    let shared = [format!("/var/lib/docker/containers/{ID}/hostname"), format!("/var/lib/docker/containers/{OTHER}/hosts")];
    let shared = mountinfo(&[(&shared[0], "/etc/hostname"), (&shared[1], "/etc/hosts")]);
    assert_eq!(container(&[GROUPS, ("/proc/self/mountinfo", &shared)], &[]), None);

    let sandbox = mountinfo(&[(&format!("/var/lib/docker/containers/{ID}/hostname"), "/etc/hostname")]);
    assert_eq!(container(&[GROUPS, ("/proc/self/mountinfo", &sandbox)], &[]).as_deref(), Some(ID));
    let in_pod = container(&[GROUPS, ("/proc/self/mountinfo", &sandbox)], &[("KUBERNETES_SERVICE_HOST", "10.0.0.1")]);
    assert_eq!(in_pod, None, "it stands for the pod");

    let volume = mountinfo(&[(&format!("/backup/containers/{ID}/data"), "/data")]);
    assert_eq!(container(&[GROUPS, ("/proc/self/mountinfo", &volume)], &[]), None, "a volume may come from anywhere");
    assert_eq!(container(&[("/proc/self/mountinfo", "1 2\n\n3 4 5 /containers/")], &[]), None);
}

/// Those of Kubernetes.
fn pod(files: Texts<'_>, variables: Texts<'_>) -> BTreeMap<String, String> {
    detect(files, variables).into_iter().filter(|(key, _)| key.starts_with("k8s.")).collect()
}

const INSIDE: (&str, &str) = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");

#[test]
fn a_pod_by_its_variables() {
    let variables = [
        ("K8S_CLUSTER_NAME", "north"),
        ("K8S_CONTAINER_NAME", "till"),
        ("K8S_DEPLOYMENT_NAME", "tills"),
        ("K8S_NAMESPACE_NAME", "shop"),
        ("K8S_NODE_NAME", "node-1"),
        ("K8S_POD_NAME", "till-7"),
        ("K8S_POD_UID", UID),
    ];
    let expected = [
        ("k8s.cluster.name", "north"),
        ("k8s.container.name", "till"),
        ("k8s.deployment.name", "tills"),
        ("k8s.namespace.name", "shop"),
        ("k8s.node.name", "node-1"),
        ("k8s.pod.name", "till-7"),
        ("k8s.pod.uid", UID),
    ];
    assert_eq!(pod(&[], &variables), some(&expected));
}

#[test]
fn usual_names_of_variables_count_inside_kubernetes() {
    let variables =
        [INSIDE, ("POD_NAMESPACE", "shop"), ("NODE_NAME", "node-1"), ("POD_NAME", "till-7"), ("POD_UID", UID), ("K8S_POD_NAME", "own")];
    let expected = [("k8s.namespace.name", "shop"), ("k8s.node.name", "node-1"), ("k8s.pod.name", "own"), ("k8s.pod.uid", UID)];
    assert_eq!(pod(&[], &variables), some(&expected));
    assert_eq!(pod(&[], &variables[1..5]), BTreeMap::new(), "elsewhere they may be anybody's");
}

#[test]
fn a_pod_by_what_the_kubelet_mounts_into_it() {
    let mounts = mountinfo(&[
        (&format!("/var/lib/kubelet/pods/{UID}/etc-hosts"), "/etc/hosts"),
        (&format!("/var/lib/kubelet/pods/{UID}/containers/till/5d09c1f3"), "/dev/termination-log"),
        (&format!("/var/lib/kubelet/pods/{ID}/volumes/kubernetes.io~secret/key"), "/key"),
    ]);
    let files = [("/proc/self/mountinfo", mounts.as_str()), ("/var/run/secrets/kubernetes.io/serviceaccount/namespace", "shop\n")];
    let expected = [("k8s.container.name", "till"), ("k8s.namespace.name", "shop"), ("k8s.pod.uid", UID)];
    assert_eq!(pod(&files, &[INSIDE]), some(&expected));
    assert_eq!(pod(&files, &[]), BTreeMap::new());
    assert_eq!(pod(&files, &[INSIDE, ("POD_UID", "7"), ("K8S_CONTAINER_NAME", "own")])["k8s.container.name"], "own");
    assert_eq!(pod(&files, &[INSIDE, ("POD_UID", "7")])["k8s.pod.uid"], "7");
}

#[test]
fn an_instance_is_a_process() {
    let of = |process| instance::of(&[7; 16], process);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2), "a forked child has the rest in common");
    assert_ne!(of(1), instance::of(&[8; 16], 1));
    for id in (0..100).map(of) {
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert!(id.bytes().all(|byte| byte == b'-' || matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
        assert_eq!(&id[14..15], "4", "{id}");
        assert!("89ab".contains(&id[19..20]), "{id}");
    }
    assert_eq!(instance::attribute(), instance::attribute());
}

#[test]
fn a_function_of_aws_lambda() {
    let variables = [
        ("AWS_LAMBDA_FUNCTION_NAME", "checkout"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2021/06/28/[$LATEST]2f399eb14537447da05ab2a2e39309de"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/checkout"),
        ("AWS_REGION", "eu-north-1"),
    ];
    let of_lambda = |key: &str| ["aws.", "cloud.", "faas."].iter().any(|namespace| key.starts_with(namespace));
    let mut found = detect(&[], &variables);
    found.retain(|key, _| of_lambda(key));
    let expected = [
        ("aws.log.group.names", "[\"/aws/lambda/checkout\"]"),
        ("cloud.platform", "aws_lambda"),
        ("cloud.provider", "aws"),
        ("cloud.region", "eu-north-1"),
        ("faas.instance", "2021/06/28/[$LATEST]2f399eb14537447da05ab2a2e39309de"),
        ("faas.max_memory", "134217728"),
        ("faas.name", "checkout"),
        ("faas.version", "$LATEST"),
    ];
    assert_eq!(found, some(&expected));
    let elsewhere = detect(&[], &variables[1..]);
    assert!(!elsewhere.keys().any(|key| of_lambda(key)), "a region alone says nothing: {elsewhere:?}");
    let damaged = detect(&[], &[("AWS_LAMBDA_FUNCTION_NAME", "checkout"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much")]);
    assert!(!damaged.contains_key("faas.max_memory"));
}
