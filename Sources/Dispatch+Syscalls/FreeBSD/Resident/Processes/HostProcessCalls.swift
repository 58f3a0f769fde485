/// Host system-call numbers of the process calls.
extension FreeBSD {
  enum HostProcess {
    static let getpid = 39
    static let wait4 = 61
    static let kill = 62
    static let getrusage = 98
    static let getuid = 102
    static let getgid = 104
    static let geteuid = 107
    static let getegid = 108
    static let getgroups = 115
    static let setgroups = 116
    static let setresuid = 117
    static let getresuid = 118
    static let setresgid = 119
    static let getresgid = 120
    static let rt_sigqueueinfo = 129
    static let getpriority = 140
    static let setpriority = 141
    static let sched_setparam = 142
    static let sched_getparam = 143
    static let sched_setscheduler = 144
    static let sched_getscheduler = 145
    static let prctl = 157
    static let sched_setaffinity = 203
    static let sched_getaffinity = 204
    static let clock_gettime = 228
    static let waitid = 247
    static let prlimit64 = 302
    static let getcpu = 309
    static let getrandom = 318

    static let PR_SET_PDEATHSIG: UInt = 1
    static let PR_GET_PDEATHSIG: UInt = 2
    static let PR_SET_NAME: UInt = 15
    static let PR_SET_CHILD_SUBREAPER: UInt = 36
    static let PR_GET_CHILD_SUBREAPER: UInt = 37
    static let PR_SET_NO_NEW_PRIVS: UInt = 38
    static let PR_GET_NO_NEW_PRIVS: UInt = 39
  }
}
