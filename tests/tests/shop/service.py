"""A service that knows nothing of OpenTelemetry: opentelemetry-instrument does, around it."""

import os

import requests
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

app = FastAPI()


@app.get("/hello/{name}", response_class=PlainTextResponse)
def hello(name: str):
    return requests.get(f"{os.environ['NEXT']}/hello/{name}", timeout=30).text
