# One image for every Airflow service and for the sandbox of docker-compose.yaml.
FROM python:3.12.12-slim-bookworm

# requirements-celery.txt where several workers share the work.
ARG REQUIREMENTS=requirements.txt

RUN useradd --uid 50000 --gid 0 --create-home airflow \
    && install --directory --owner airflow --group 0 /opt/airflow /opt/airflow/logs /outputs /sandbox

WORKDIR /opt/olist
ENV PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/opt/airflow \
    PYTHONUNBUFFERED=1
COPY requirements.txt requirements-celery.txt ./
RUN python -m venv /opt/venv && pip install --no-cache-dir --require-hashes -r $REQUIREMENTS
COPY . .
# Code and packages belong to root: nothing that runs in the container can change them. The user's group is root's,
# and a clone may be closed to others or open to its group.
RUN pip install --no-cache-dir --no-build-isolation --no-deps -e . \
    && python -m compileall -q dags include plugins \
    && chmod -R u=rwX,go=rX .
USER airflow
