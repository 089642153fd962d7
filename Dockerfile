# The server as an image: the first stage builds the wheel and installs it, the second takes what was installed.
# A base is any image with Python 3.11 or newer, its venv and pip.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
WORKDIR /src
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/mockserver
COPY constraints.txt ./
# The secret is for those who get packages from elsewhere: a pip.conf that leaves no trace in the image.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    /build/bin/pip install --quiet --constraint constraints.txt hatchling
COPY . ./
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /build/bin/pip --python /opt/mockserver/bin/python3 install --quiet --no-compile \
      --constraint constraints.txt /wheels/*.whl
# Compiled now, since nobody can write there later; unchecked, since nothing of it changes any more.
RUN /opt/mockserver/bin/python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/mockserver/lib

FROM ${BASE_IMAGE}
# Official Python images come without a compiled standard library, which costs 0.4 seconds at every start.
RUN ["python3", "-c", "import compileall, re, sysconfig; compileall.compile_dir(sysconfig.get_path('stdlib'), quiet=2, rx=re.compile('/(site-packages|ensurepip|idlelib|lib2to3|test|tkinter)/'))"]
COPY --from=build /opt/mockserver /opt/mockserver

ENV PATH=/opt/mockserver/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOCKSERVER_HOST=0.0.0.0
# A number, by which Kubernetes can tell that it is not root. It owns no file.
USER 10001:10001
# Imports beyond a few megabytes go to temporary files. A volume can be written to though the root cannot.
VOLUME ["/tmp"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 CMD ["mockserver", "health"]
ENTRYPOINT ["mockserver"]
CMD ["serve"]

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="commerce-mockserver" \
      org.opencontainers.image.description="A mock and contract-test server for the WEBSALE admin APIs and Foxy's report resource." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
