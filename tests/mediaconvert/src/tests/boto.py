"""Calls the simulator with boto3. Arguments: its address, a job in the form of the wire."""

import json
import sys
import urllib.request

import boto3
from botocore.config import Config

endpoint, wire = sys.argv[1], json.loads(sys.argv[2])


def upper(value):
    """The console's form; the keys of maps stay as they are."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: inner if key in ("tags", "userMetadata") else upper(inner) for key, inner in value.items()}
    return [upper(inner) for inner in value] if isinstance(value, list) else value


client = boto3.client("mediaconvert", endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1}))
queue = client.create_queue(Name="boto")["Queue"]
assert queue["Status"] == "ACTIVE"
job = client.create_job(**upper(wire), Queue=queue["Arn"])["Job"]
assert job["Status"] == "PROGRESSING" and job["Settings"]["Inputs"][0]["FileInput"] == "s3://bucket/in.mov"
clock = urllib.request.Request(endpoint + "/simulator/clock", data=b'{"advance": 60}', method="POST")
assert json.load(urllib.request.urlopen(clock))["now"] > 0
done = client.get_job(Id=job["Id"])["Job"]
assert done["Status"] == "COMPLETE" and done["Timing"]["FinishTime"].year > 2000
assert done["OutputGroupDetails"][0]["OutputDetails"][0]["DurationInMs"] == 61001
assert [one["Id"] for page in client.get_paginator("list_jobs").paginate(Queue="boto") for one in page["Jobs"]] == [job["Id"]]
assert client.list_tags_for_resource(Arn=job["Arn"])["ResourceTags"]["Tags"] == {"partner": "north"}
try:
    client.cancel_job(Id=job["Id"])
    raise SystemExit("a job that is complete was cancelled")
except client.exceptions.ConflictException as error:
    assert "COMPLETE" in str(error)
try:
    client.create_job(Role=wire["role"], Settings={})
    raise SystemExit("a job without inputs was taken")
except client.exceptions.BadRequestException as error:
    assert "Should have at least 1 items" in str(error)
bill = json.load(urllib.request.urlopen(endpoint + "/simulator/bill"))
assert bill["lines"][0]["seconds"] == 62
print("all calls answered")
