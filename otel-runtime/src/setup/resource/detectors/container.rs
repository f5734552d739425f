//! Which container this is. Nothing tells a process; its id is read out of the names of what its runtime made for it.

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::CONTAINER_ID;

use super::{System, mounted};

pub(super) struct Container {
    id: Option<String>,
    /// Whether there is one, known or not.
    pub(super) exists: bool,
}

impl Container {
    pub(super) fn find(system: &System<'_>, mounts: &str) -> Self {
        let id = system.file("/proc/self/cgroup").and_then(|groups| of_groups(&groups));
        let id = id.or_else(|| of_mounts(mounts, system.is_in_kubernetes()));
        let has_marker = || ["/.dockerenv", "/run/.containerenv"].iter().any(|marker| system.file(marker).is_some());
        let exists = id.is_some() || system.is_in_kubernetes() || has_marker();
        Self { id, exists }
    }

    pub(super) fn attribute(self) -> Option<KeyValue> {
        self.id.map(|id| KeyValue::new(CONTAINER_ID, id))
    }
}

/// By the control group, whose path has the id unless the container has a namespace of its own for groups, which it mostly has with version 2.
fn of_groups(groups: &str) -> Option<String> {
    // `12:memory:/kubepods/burstable/pod…/<id>`, and with version 2 `0::/…`
    let mut paths = groups.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    // What runs in a container may have groups of its own below, or containers of its own.
    paths.find_map(|path| path.rsplit('/').find_map(of_segment))
}

/// `<id>`, `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `libpod-<id>.scope`, `kubepods-….slice:cri-containerd:<id>`.
fn of_segment(segment: &str) -> Option<String> {
    let name = segment.strip_suffix(".scope").unwrap_or(segment);
    let id = name.rsplit([':', '-']).next().unwrap_or(name);
    // What watches over a container is not in it.
    let is_monitor = name.contains("-conmon-");
    if is_id(id) && !is_monitor {
        return Some(id.to_owned());
    }
    // Amazon's ECS, on Fargate: the id of the task, and a number.
    let (task, number) = name.split_once('-')?;
    let is_task = task.len() == 32 && is_hexadecimal(task) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_task.then(|| name.to_owned())
}

/// By the files that the runtime mounts into it. If they are of several containers, nobody knows which it is.
fn of_mounts(mounts: &str, is_in_kubernetes: bool) -> Option<String> {
    let mut ids = mounted(mounts).filter_map(|(source, place)| {
        let folder = match place {
            "/run/.containerenv" => "overlay-containers",
            // In a pod these are those of the container that stands for the pod.
            "/etc/hostname" | "/etc/hosts" | "/etc/resolv.conf" if !is_in_kubernetes => "containers",
            _ => return None,
        };
        let below = source.split('/').zip(source.split('/').skip(1));
        below.filter(|(parent, _)| *parent == folder).map(|(_, name)| name).find(|name| is_id(name))
    });
    let id = ids.next()?;
    ids.all(|other| other == id).then(|| id.to_owned())
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && is_hexadecimal(text)
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
