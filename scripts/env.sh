# Paths of the tools that scripts/setup fetched. Source it; it changes nothing but the environment.
picorun_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
picorun_tools=$picorun_root/.cache/tools

# The Go wheel is unpacked as it is: one folder that Go finds itself by.
export PICORUN_GO=$picorun_tools/go/bin/go

# Cross compilation of FreeBSD guests uses the Swift toolchain's own clang and lld, whatever other clang is installed.
if swift_path=$(command -v swift); then
  picorun_swift=$(dirname "$(readlink -f "$swift_path")")
  export PICORUN_CLANG=$picorun_swift/clang
  case :$PATH: in
    *:$picorun_swift:*) ;;
    *) export PATH=$PATH:$picorun_swift ;;
  esac
fi

# A Go tool that obeys this project only: no other tool chain, no module from elsewhere, no setting of the user's.
export GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod GOENV=off GOTELEMETRY=off CGO_ENABLED=0
export GOCACHE=$picorun_root/.cache/go-build GOPATH=$picorun_root/.cache/go
