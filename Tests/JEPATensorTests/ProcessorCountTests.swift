import Foundation
import Testing

@testable import JEPATensor

/// How many processors a process may use, by files of Linux and variables of launchers that the tests make.
@Suite struct ProcessorCountTests {
  /// A folder with `proc` and `sys` in it.
  private final class Root {
    let path: String

    init(_ files: [String: String]) throws {
      path =
        FileManager.default.temporaryDirectory.appendingPathComponent(
          "jepa-root-\(UUID().uuidString)"
        ).path
      for (name, text) in files {
        let file = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private func count(
    _ files: [String: String] = [:], _ environment: [String: String] = [:], online: Int = 64
  ) throws -> ProcessorCount {
    let root = try Root(files)
    return withExtendedLifetime(root) {
      ProcessorCount(online: online, environment: environment, root: root.path)
    }
  }

  @Test func withoutLimitsAllAreUsed() throws {
    let found = try count()
    #expect(found.count == 64 && found.limit == nil)
    #expect(try count(online: 0).count == 1)
  }

  @Test(arguments: [("0-3,8,10-11", 7), ("5", 1), ("0-1023", 64), ("", 64), ("odd", 64)])
  func theAffinityIsRead(_ list: String, _ expected: Int) throws {
    let found = try count(["proc/self/status": "Name:\tjepa\nCpus_allowed_list:\t\(list)\n"])
    #expect(found.count == expected && found.limit == nil)
  }

  private static let second = [
    "proc/self/mountinfo":
      "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
    "proc/self/cgroup": "0::/slurm/job_7/step_0\n",
  ]

  @Test(arguments: [
    ("400000 100000", 4), ("250000 100000", 3), ("50000 100000", 1), ("max 100000", 64),
    ("6400000 50000", 64), ("", 64), ("-1 100000", 64),
  ])
  func quotasOfVersion2(_ text: String, _ expected: Int) throws {
    var files = Self.second
    files["sys/fs/cgroup/slurm/job_7/step_0/cpu.max"] = text + "\n"
    let found = try count(files)
    #expect(found.count == expected)
    #expect(found.limit == (expected < 64 ? "the control group's quota" : nil))
  }

  /// A limit may be any group's around the process's own, and the least counts.
  @Test func theGroupsAroundLimitToo() throws {
    var files = Self.second
    files["sys/fs/cgroup/slurm/job_7/step_0/cpu.max"] = "800000 100000\n"
    files["sys/fs/cgroup/slurm/job_7/cpu.max"] = "300000 100000\n"
    files["sys/fs/cgroup/slurm/cpuset.cpus.effective"] = "0-15\n"
    files["sys/fs/cgroup/other/cpu.max"] = "100000 100000\n"
    #expect(try count(files).count == 3)
    files["sys/fs/cgroup/slurm/cpuset.cpus.effective"] = "3,5\n"
    #expect(try count(files) == count(files))
    #expect(try count(files).limit == "the control group's processors")
    #expect(try count(files).count == 2)
  }

  /// In a container the group's own path is `/`, or one of the host's that is not mounted.
  @Test(arguments: ["0::/\n", "0::/docker/abc\n", "0::/../../abc\n"])
  func containersSeeTheirGroupAtTheRoot(_ group: String) throws {
    let found = try count([
      "proc/self/mountinfo": "9 8 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
      "proc/self/cgroup": group, "sys/fs/cgroup/cpu.max": "150000 100000\n",
    ])
    #expect(found.count == 2)
  }

  @Test func version1() throws {
    let files = [
      "proc/self/mountinfo": """
      33 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
      34 32 0:31 /docker/abc /sys/fs/cgroup/cpuset ro master:11 - cgroup cgroup rw,cpuset
      35 32 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
      """,
      "proc/self/cgroup":
        "4:cpu,cpuacct:/docker/abc\n3:cpuset:/docker/abc\n2:name=systemd:/\n0::/\n",
      "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "350000\n",
      "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "50000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpuset/cpuset.cpus": "0-4,9\n",
    ]
    let found = try count(files)
    #expect(found.count == 6 && found.limit == "the control group's processors")
    var wider = files
    wider["sys/fs/cgroup/cpuset/cpuset.cpus"] = "0-31\n"
    #expect(try count(wider).count == 7)
  }

  /// Where the mounts cannot be read, the usual places are looked into.
  @Test func withoutMountsTheUsualPlacesAreTaken() throws {
    #expect(
      try count(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000"]).count == 2
    )
    #expect(
      try count([
        "proc/self/cgroup": "1:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "500000",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
      ]).count == 5)
  }

  @Test(
    arguments: [
      (["OMP_NUM_THREADS": "4"], 4, "OMP_NUM_THREADS"),
      (["OMP_NUM_THREADS": "4,2"], 4, "OMP_NUM_THREADS"),
      (["SLURM_CPUS_PER_TASK": "8"], 8, "SLURM_CPUS_PER_TASK"),
      (["SLURM_CPUS_PER_TASK": "8", "OMP_NUM_THREADS": "6"], 6, "OMP_NUM_THREADS"),
      (["SLURM_CPUS_PER_TASK": "8", "OMP_NUM_THREADS": "12"], 8, "SLURM_CPUS_PER_TASK"),
      (["OMP_NUM_THREADS": "128"], 64, nil), (["OMP_NUM_THREADS": "0"], 64, nil),
      (["OMP_NUM_THREADS": "many"], 64, nil), (["OMP_NUM_THREADS": ""], 64, nil),
      (["SLURM_CPUS_PER_TASK": "-1"], 64, nil),
    ] as [([String: String], Int, String?)])
  func variables(_ environment: [String: String], _ expected: Int, _ limit: String?) throws {
    let found = try count([:], environment)
    #expect(found.count == expected && found.limit == limit)
  }

  /// Of this process: at least one, and no more than the machine has.
  @Test func ofThisProcess() {
    let found = ProcessorCount.available
    #expect((1...ProcessInfo.processInfo.processorCount).contains(found.count))
  }
}
